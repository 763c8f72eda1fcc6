import {defineConfig, type Plugin} from 'vite';

// The server of `make run`, for `npm run dev`.
const server = {target: 'http://127.0.0.1:8080', changeOrigin: false};

// Tells the service worker the files of the page.
const shell: Plugin = {
  name: 'shell',
  enforce: 'post',
  generateBundle(_, bundle) {
    const worker = bundle['sw.js'];
    if (worker?.type !== 'chunk' || !worker.code.includes('__SHELL__')) {
      throw new Error('the service worker asks for no files');
    }
    const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
    worker.code = worker.code.replace('__SHELL__', JSON.stringify(files.sort().map((name) => `/${name}`)));
  },
};

export default defineConfig({
  plugins: [shell],
  build: {
    // Nothing inline: the page's policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: {polyfill: false},
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: {index: 'index.html', sw: 'worker/sw.ts'},
      output: {
        manualChunks: {maplibre: ['maplibre-gl']},
        // The address of a service worker stays, or browsers would keep the first for ever.
        entryFileNames: ({name}) => name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    proxy: {'/api': server, '/tiles': server, '/ws': {...server, ws: true}},
  },
});
