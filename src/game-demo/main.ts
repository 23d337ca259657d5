// The page: lobby, joining, playing, and why it ended. `data-state` of the body says which; the styles show it.

import { hostRoom, type JoinRoomOptions, joinRoom, NetError, type Room } from '../index.ts'
import { GamePage } from './game-page.ts'
import { type Profile, presenceOf } from './profile.ts'
import { element, setText } from './ui/dom.ts'
import { describeFailure } from './ui/failures.ts'
import { Lobby } from './ui/lobby.ts'
import { roomInHash, shareLink, signalingUrl } from './ui/place.ts'
import { loadProfile, savePlace, saveProfile, takePlace } from './ui/settings.ts'
import { toast } from './ui/toast.ts'

type State = 'lobby' | 'joining' | 'playing' | 'failed' | 'closed'

/** A mesh of browsers: beyond this every upload line would be full. */
const MAX_PEERS = 16

const { body } = document
let profile: Profile = loadProfile()
let attempt: AbortController | undefined
let current: { readonly room: Room; readonly page: GamePage } | undefined
/** What "Try again" tries. */
let lastCode: string | undefined

const lobby = new Lobby(profile, {
  play: (code) => {
    profile = lobby.profile
    saveProfile(profile)
    void play(code)
  },
})
const retry = element('notice-retry', HTMLButtonElement)
const back = element('notice-back', HTMLButtonElement)

function setState(state: State): void {
  body.dataset.state = state
}

function showNotice(state: State, title: string, text: string, detail = ''): void {
  setText(element('notice-title', HTMLElement), title)
  setText(element('notice-text', HTMLElement), text)
  setText(element('notice-detail', HTMLElement), detail)
  setState(state)
}

async function play(code: string | undefined): Promise<void> {
  await leave()
  const controller = new AbortController()
  attempt?.abort()
  attempt = controller
  lastCode = code
  retry.hidden = true
  setText(back, 'Cancel')
  showNotice('joining', code === undefined ? 'Opening a room' : 'Joining', code === undefined ? '' : `Room ${code}`)
  const signaling = signalingUrl(location)
  const { signal } = controller
  try {
    const room = await join(code, { signaling, signal, keepPlace: true })
    // The player went back while the last answer was on its way.
    if (signal.aborted) return void room.leave()
    enter(room)
  } catch (error) {
    if (!signal.aborted) fail(error)
  }
}

/** A new room, or that one: at the place that this tab had there before it was loaded anew, else as anybody. */
async function join(code: string | undefined, common: JoinRoomOptions): Promise<Room> {
  const kept = code === undefined ? undefined : takePlace(code)
  // Another tab may have changed what the browser remembers.
  profile = kept?.profile ?? profile
  const options = { ...common, presence: presenceOf(profile) }
  if (code === undefined) return hostRoom({ ...options, topology: 'mesh', maxPeers: MAX_PEERS })
  if (!kept) return joinRoom({ ...options, room: code })
  // It may not be kept any more.
  return joinRoom({ ...options, place: kept.place }).catch(() => joinRoom({ ...options, room: code }))
}

function enter(room: Room): void {
  const link = shareLink(location, room.code)
  history.replaceState(null, '', link)
  body.dataset.peerId = String(room.id)
  body.dataset.room = room.code
  let isServerGone = false
  const page = new GamePage({
    room,
    profile,
    link,
    onProfile: (changed) => {
      profile = changed
      lobby.profile = changed
      if (isServerGone) toast('The server is gone: those who are here go on seeing your old name.')
    },
    onLeave: () => void toLobby(),
  })
  current = { room, page }
  const count = () => {
    body.dataset.peers = String(room.peers.length)
  }
  room.on('peerConnected', count)
  room.on('peerDisconnected', count)
  room.on('peerReconnecting', () => toast('A player is not heard of. Trying to reach them again …'))
  room.on('peerReconnected', () => toast('The player is back.'))
  room.on('connectionFailed', (id, error) => {
    if (id !== room.host || room.clock.synchronized) {
      toast('One player could not be reached: a network in between blocks it.')
      return
    }
    // Without the host's time there is no game.
    close(new NetError('ERR_CONNECTION_ERROR', error.message, { cause: error }))
    void room.leave()
  })
  room.on('signalingInterrupted', () => toast('The server is not heard of. You play on; trying to reach it again …'))
  room.on('error', ({ code, message }) => console.warn(`${code}: ${message}`))
  room.on('signalingLost', () => {
    isServerGone = true
    toast('The server is gone. You play on; nobody new can join.')
  })
  room.on('closed', (error) => {
    // After `leave` this page has already moved on.
    if (current?.room === room && error) close(error)
  })
  count()
  setState('playing')
}

function fail(error: unknown): void {
  const { title, text, retry: mayRetry, detail } = describeFailure(error)
  retry.hidden = !mayRetry
  setText(back, 'Back to the lobby')
  showNotice('failed', title, text, detail)
  ;(mayRetry ? retry : back).focus()
}

/** The room ended while playing. */
function close(error: unknown): void {
  lastCode = current?.room.code
  current?.page.dispose()
  current = undefined
  body.dataset.peers = '0'
  const { title, text, detail } = describeFailure(error)
  retry.hidden = false
  setText(back, 'Back to the lobby')
  showNotice('closed', title, text, detail)
}

async function leave(): Promise<void> {
  const left = current
  current = undefined
  left?.page.dispose()
  body.dataset.peers = '0'
  delete body.dataset.peerId
  delete body.dataset.room
  await left?.room.leave()
}

async function toLobby(): Promise<void> {
  attempt?.abort()
  lobby.profile = profile
  history.replaceState(null, '', location.pathname + location.search)
  setState('lobby')
  await leave()
  void offerArena()
}

/** A server may keep a public room; it says so in a small file beside the page. */
async function offerArena(): Promise<void> {
  try {
    const response = await fetch('/config.json', { headers: { accept: 'application/json' } })
    const config: unknown = response.ok ? await response.json() : undefined
    const room = typeof config === 'object' && config !== null && 'room' in config ? config.room : undefined
    lobby.offerArena(typeof room === 'string' && room !== '' ? room : undefined)
  } catch {
    lobby.offerArena(undefined)
  }
}

retry.addEventListener('click', () => void play(lastCode))
back.addEventListener('click', () => void toLobby())
// Another room's link, pasted into the address bar of a tab that plays already.
window.addEventListener('hashchange', () => {
  const code = roomInHash(location.hash)
  if (code !== undefined && code !== current?.room.code) void play(code)
})
// The room says goodbye by itself. A page that is loaded anew takes its place again.
window.addEventListener('pagehide', () => {
  if (current) savePlace(current.room, profile)
})

// Fetched now, while the player reads or the connection is made.
void import('./view/renderer.ts').catch(() => {})
void offerArena()
const invited = roomInHash(location.hash)
if (invited !== undefined) {
  lobby.code = invited
  // A link means "come and play": no form in between. The name can be changed in the game.
  void play(invited)
}
