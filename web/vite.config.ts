import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../src/ngair/adapters/web/built",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The page of setup mode is one of its own: phones load it over the box's access point, in whatever browser they have.
    rolldownOptions: { input: ["index.html", "setup.html"] },
  },
  server: {
    // `npm run dev` shows a box that runs beside it.
    proxy: { "^/(api|docs|openapi.json|status|meterraw|meter|evse|ssid|upload)": { target: "http://127.0.0.1:8080" } },
  },
});
