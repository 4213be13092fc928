import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the gateway is, for the proxy: browsers then see one site, and the gateway needs no `CORS_ORIGINS`. */
const proxy = {
  '/graphql': { target: process.env.GATEWAY_URL ?? 'http://127.0.0.1:4000', changeOrigin: true },
};

export default defineConfig({
  plugins: [react()],
  server: { host: '127.0.0.1', port: 4020, strictPort: true, proxy },
  preview: { host: '127.0.0.1', port: 4020, strictPort: true, proxy },
});
