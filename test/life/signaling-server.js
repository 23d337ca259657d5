// A signaling server as a process of its own. Tells its parent its URL.

/** @type {typeof import('../../server/index.ts')} */
const { createSignalingServer } = await import(String(new URL('../../dist/server/index.js', import.meta.url)))
const server = await createSignalingServer({ port: 0, host: '127.0.0.1' })
process.send?.(server.url)
