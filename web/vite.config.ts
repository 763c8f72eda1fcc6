import {defineConfig} from 'vite';

// The server of `make run`, for `npm run dev`.
const server = {target: 'http://127.0.0.1:8080', changeOrigin: false};

export default defineConfig({
  build: {
    // Nothing inline: the page's policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: {polyfill: false},
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    rollupOptions: {output: {manualChunks: {maplibre: ['maplibre-gl']}}},
  },
  server: {
    proxy: {'/api': server, '/tiles': server, '/ws': {...server, ws: true}},
  },
});
