// `skein`: everything that a game needs.

export * from './multiplayer/index.ts'
export * from './net/index.ts'
