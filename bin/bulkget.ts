// Starts the command; the build adds two lines of sh before it.
import "./main.ts";
