import "./theme.css";
import "./theme.ts";
import "./shell.css";
import "./shell.ts";
