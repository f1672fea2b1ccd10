import "../theme.css";
import "../theme.ts";
import "./page.ts";
