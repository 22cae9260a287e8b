// The command line in an archive: all of it, but no secret in whatever form it is given.
import { describe, expect, it } from "vitest";
import { shownCommand } from "../../../src/cli/command-line/shown-command.ts";

describe("the command line that is shown", () => {
  it.each([
    [["urls.txt", "-o", "out"], "bulkget urls.txt -o out"],
    [["-H", "Authorization: x"], "bulkget -H ***"],
    [["-HAuthorization: x", "-o", "a b"], "bulkget -H*** -o 'a b'"],
    [["-qH", "X: y"], "bulkget -qH ***"],
    [["-qHX: y"], "bulkget -qH***"],
    [["--header", "X: y", "urls.txt"], "bulkget --header *** urls.txt"],
    [["--header=X: y"], "bulkget --header=***"],
    [["-b", "a=b", "--cookie", "c", "--cookie=d"], "bulkget -b *** --cookie *** --cookie=***"],
    [["-x", "http://me:secret@proxy:1"], "bulkget -x ***"],
    [["--proxy=http://me:secret@proxy:1"], "bulkget --proxy=***"],
    [["--name", "{n}'s"], "bulkget --name '{n}'\\''s'"],
    [["http://me:secret@host/list"], "bulkget http://me:***@host/list"],
    [[""], "bulkget ''"],
  ])("of %j is %s", (argv, shown) => {
    expect(shownCommand(argv)).toBe(shown);
  });
});
