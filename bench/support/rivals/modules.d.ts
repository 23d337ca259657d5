// What the benchmark uses of packages that are installed in bench/rivals only.

declare module 'peerjs' {
  export interface DataConnection {
    readonly open: boolean
    readonly label: string
    send(data: unknown): void
    on(event: 'open', listener: () => void): void
    on(event: 'data', listener: (data: unknown) => void): void
  }
  export default class Peer {
    constructor(id: string, options: object)
    connect(id: string, options: { label: string; reliable: boolean }): DataConnection
    destroy(): void
    on(event: 'open', listener: (id: string) => void): void
    on(event: 'error', listener: (error: Error) => void): void
    on(event: 'connection', listener: (connection: DataConnection) => void): void
  }
}

declare module '@geckos.io/client' {
  export default function geckos(options: { url: string; port: number }): import('./geckos.ts').GeckosChannel & {
    onConnect(callback: (error?: Error) => void): void
  }
}

declare module 'trystero/nostr' {
  export const joinRoom: import('./trystero.ts').JoinTrysteroRoom
}
