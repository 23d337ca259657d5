// What the address of the page says: the room, the signaling server; and the link to share. Pure.

export interface Place {
  readonly protocol: string
  readonly host: string
  readonly origin: string
  readonly pathname: string
  readonly search: string
  readonly hash: string
}

/** The server that served the page, or the one in `?signaling=`. */
export function signalingUrl({ protocol, host, search }: Place): string {
  const given = new URLSearchParams(search).get('signaling')
  return given ?? `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/signaling`
}

/** The code in `#room=CODE`. */
export function roomInHash(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('room')?.trim() || undefined
}

/** The code in what somebody typed or pasted: a code, or a link with one. */
export function roomInText(text: string): string | undefined {
  const hash = text.indexOf('#')
  return (hash >= 0 ? roomInHash(text.slice(hash)) : undefined) ?? (text.trim() || undefined)
}

export function shareLink({ origin, pathname, search }: Place, code: string): string {
  return `${origin}${pathname}${search}#room=${encodeURIComponent(code)}`
}
