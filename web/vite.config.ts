import { defineConfig, type Plugin } from "vite";

/** The indentation of templates would be sent with them. To code it means nothing; the ends of lines stay. */
const flat: Plugin = {
  name: "flat",
  enforce: "pre",
  transform: (code, id) => (/\/web\/src\/.*\.ts$/.test(id) ? { code: code.replace(/\n +/g, "\n"), map: null } : null),
};

/** What the first place needs, or several do. */
const SHARED = /preload-helper|src\/(?!chart|main|shell|version)(words\/)?\w+\.ts|log\/zone|meter\/words/;

export default defineConfig({
  plugins: [flat],
  build: {
    outDir: "../src/ngair/adapters/web/built",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The page of setup mode is one of its own: phones load it over the box's access point.
    rolldownOptions: {
      input: ["index.html", "setup.html"],
      // Few files compress better than many. `version.ts` stays with the entry, whose name it compares.
      output: { codeSplitting: { groups: [
        { name: "both", test: /node_modules\/@?lit|src\/(element|theme|words\/language)\./, priority: 2 },
        { name: "shared", test: SHARED, priority: 1 },
        { name: "more", test: /src\/(box|lock|log|meter)\// },
      ] } },
    },
  },
  server: {
    // `npm run dev` shows a box that runs beside it.
    proxy: { "^/(api|docs|openapi.json|status|meterraw|meter|evse|ssid|upload)": { target: "http://127.0.0.1:8080" } },
  },
});
