import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../src/ngair/adapters/web/built",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `npm run dev` shows a box that runs beside it.
    proxy: { "^/(api|docs|openapi.json|status|meterraw|meter|evse)": { target: "http://127.0.0.1:8080" } },
  },
});
