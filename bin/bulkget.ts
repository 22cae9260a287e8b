// Starts the command; the build puts two lines of sh before it.
import "./main.ts";
