// `skein/net`: one connection.

export { type CancelTimer, type Clock, every, systemClock, VirtualClock } from './clock.ts'
export { decode, encode, type PacketValue } from './codec/codec.ts'
export { type DataChannelEvents, WebRTCDataChannel, WriteMode } from './data-channel.ts'
export { browserDriver } from './drivers/browser.ts'
export * from './drivers/driver.ts'
export { Emitter, type Off } from './emitter.ts'
export { NetError, type NetErrorCode } from './errors.ts'
export { type PeerConnectionEvents, WebRTCPeerConnection } from './peer-connection.ts'
export { type Random, randomUnit, seededRandom, systemRandom } from './random.ts'
export * from './signaling/index.ts'
