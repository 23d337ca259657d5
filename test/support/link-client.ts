// Asks the link what an end is to be told instead of the candidates that it was told, in Node and in a page.

/** Which end of the line: 1 dials, 2 listens. */
export type Side = 1 | 2

type Description = { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
type Candidate = { readonly kind: 'candidate'; readonly media: string; readonly index: number; readonly name: string }

export interface RewriteRequest {
  readonly to: Side
  /** What both ends of a connection know it by: the `ice-ufrag` of its offer. */
  readonly key: string
  readonly signal: Description | Candidate
}

/** For one connection. */
export class LinkClient {
  readonly #service: string
  readonly #side: Side
  #key = ''
  /** What comes from the other end is applied in order. */
  #queue: Promise<unknown> = Promise.resolve()

  /** @param service The URL of link-service.ts. */
  constructor(service: string, side: Side) {
    this.#service = service
    this.#side = side
  }

  /** The connection has this offer, its own or the other's. */
  offer(sdp: string): void {
    this.#key = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? ''
  }

  /** Runs `step` after those before it. */
  next(step: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(step)
    this.#queue = done.catch(() => {})
    return done
  }

  async description(type: 'offer' | 'answer', sdp: string): Promise<string> {
    const answer = await this.#rewrite({ kind: 'description', type, sdp })
    return answer?.kind === 'description' ? answer.sdp : sdp
  }

  /** `undefined`: it is not to be told. */
  async candidate(name: string): Promise<string | undefined> {
    const answer = await this.#rewrite({ kind: 'candidate', media: '0', index: 0, name })
    return answer?.kind === 'candidate' ? answer.name : undefined
  }

  async #rewrite(signal: Description | Candidate): Promise<Description | Candidate | undefined> {
    const request: RewriteRequest = { to: this.#side, key: this.#key, signal }
    const response = await fetch(`${this.#service}/rewrite`, { method: 'POST', body: JSON.stringify(request) })
    return ((await response.json()) as { signal?: Description | Candidate }).signal
  }
}
