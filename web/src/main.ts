import "./theme.css";
import "./theme.ts";
import "./shell.ts";
