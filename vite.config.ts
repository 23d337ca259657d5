// Builds the demo game. `npm start` serves the result; `npm run dev` serves the sources, with signaling on port 8080.

import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/game-demo',
  base: './',
  build: {
    outDir: '../../dist/demo',
    emptyOutDir: true,
    target: 'es2022',
    // Pixi alone is more than Vite's default limit for a chunk.
    chunkSizeWarningLimit: 900,
    // A slow machine is no news to who builds the demo.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    proxy: {
      '/signaling': { target: 'ws://localhost:8080', ws: true },
      '/config.json': 'http://localhost:8080',
    },
  },
})
