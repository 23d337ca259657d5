// Turns the history of a peer connection into words: which phase it is in or failed in, how long each took, what each
// side had to offer, and what the likely cause is.

import { type CandidateKind, type CandidateType, candidatesInWords } from './candidates.ts'
import type { ConnectionHistory, StateChange } from './connection-history.ts'
import { SLOW_PHASE_MS } from './constants.ts'
import type { ConnectionConfiguration, SelectedRoute } from './drivers/driver.ts'
import { routeStats } from './statistics.ts'

/**
 * The phases of connecting. `gathering` runs beside `signaling` and `checks`.
 * - `signaling`: the two descriptions are made, carried across and set.
 * - `gathering`: this side finds its candidates.
 * - `checks`: ICE looks for a way between the candidates of both sides.
 * - `dtls`: the two sides agree on keys over that way.
 * - `sctp`: the data channels open.
 */
export type ConnectionPhase = 'signaling' | 'gathering' | 'checks' | 'dtls' | 'sctp'

/** How far a phase has come. */
export interface PhaseReport {
  /** `failed`: it was under way when the connection failed or was closed. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  /** How long it took, or has taken so far, in ms. `undefined`: it has not begun. */
  readonly tookMs: number | undefined
}

/** What `diagnose()` finds out. */
export interface Diagnosis {
  /** `connected`: a channel is open. `lost`: it was connected and is no more. */
  readonly outcome: 'new' | 'connecting' | 'connected' | 'lost' | 'failed' | 'closed'
  /** The phase it is in, or in which it failed or was closed. `undefined`: not begun, or all are done. */
  readonly phase: ConnectionPhase | undefined
  readonly phases: Readonly<Record<ConnectionPhase, PhaseReport>>
  /** From the start of connecting until a channel was open, until it failed, or until now, in ms. */
  readonly tookMs: number
  /** This side's candidates. */
  readonly local: readonly CandidateKind[]
  /** The other side's, as far as they arrived here. */
  readonly remote: readonly CandidateKind[]
  /** The types of the candidates in use, once they are known. */
  readonly route: SelectedRoute | undefined
  /** The changes of its states, with their times. The last 64 at most. */
  readonly history: readonly StateChange[]
  /** The likely cause, and what to do about it. */
  readonly cause: string
  /** All of it in a few lines, for a log. */
  readonly text: string
}

const PHASES: readonly ConnectionPhase[] = ['signaling', 'gathering', 'checks', 'dtls', 'sctp']

/** What the causes are told from. */
interface Case {
  readonly history: ConnectionHistory
  readonly configuration: ConnectionConfiguration
  readonly local: readonly CandidateKind[]
  readonly remote: readonly CandidateKind[]
}

export function diagnose(history: ConnectionHistory, configuration: ConnectionConfiguration): Diagnosis {
  const local = history.local.kinds
  const remote = history.remote.kinds
  const phases = phasesOf(history)
  const outcome = outcomeOf(history)
  const phase = outcome === 'new' || history.at('opened') !== undefined ? undefined : phaseOf(history, local)
  const tookMs = spanOf(history, history.at('started'), history.at('opened')) ?? 0
  const known = { history, configuration, local, remote }
  let cause: string
  if (outcome === 'new') cause = whyNew(known)
  else if (phase === undefined) cause = whyDone(known, outcome, tookMs)
  else if (isWrong(phase, phases[phase])) cause = CAUSES[phase](known)
  else cause = `Nothing is wrong so far: ${inWords(phase)} has been under way for ${ms(phases[phase].tookMs ?? 0)}.`
  const text = [
    headline(outcome, phase, tookMs),
    cause,
    `Phases: ${PHASES.map((each) => `${inWords(each)} ${reportInWords(phases[each])}`).join(', ')}.`,
    `Candidates here: ${candidatesInWords(local)}; there: ${candidatesInWords(remote)}.`,
    ...(history.lastError === undefined ? [] : [`Last error: ${history.lastError}`]),
  ].join('\n')
  return {
    outcome,
    phase,
    phases,
    tookMs,
    local,
    remote,
    route: history.route,
    history: [...history.changes],
    cause,
    text,
  }
}

/** `gathering` that is done is told only when it found nothing. */
function isWrong(phase: ConnectionPhase, { state, tookMs = 0 }: PhaseReport): boolean {
  return state === 'failed' || tookMs >= SLOW_PHASE_MS || (phase === 'gathering' && state === 'done')
}

function outcomeOf(history: ConnectionHistory): Diagnosis['outcome'] {
  const stood = history.at('opened') !== undefined
  if (history.end === undefined && stood) return history.openChannels > 0 ? 'connected' : 'lost'
  if (history.end === undefined) return history.at('started') === undefined ? 'new' : 'connecting'
  if (history.end === 'closed') return 'closed'
  return stood ? 'lost' : history.end === 'failed' ? 'failed' : 'closed'
}

/** The first phase that is not over. */
function phaseOf(history: ConnectionHistory, local: readonly CandidateKind[]): ConnectionPhase {
  if (history.at('secured') !== undefined) return 'sctp'
  if (history.at('routed') !== undefined) return 'dtls'
  if (history.at('localSet') === undefined || history.at('remoteSet') === undefined) return 'signaling'
  return local.length === 0 ? 'gathering' : 'checks'
}

function phasesOf(history: ConnectionHistory): Record<ConnectionPhase, PhaseReport> {
  const { localSet, remoteSet } = { localSet: history.at('localSet'), remoteSet: history.at('remoteSet') }
  const opened = history.at('opened')
  // A platform may tell a later one first, or leave one out: then all before it are over as well.
  const secured = first(history.at('secured'), opened)
  const routed = first(history.at('routed'), secured)
  const agreed = localSet !== undefined && remoteSet !== undefined ? Math.max(localSet, remoteSet) : undefined
  const report = (from: number | undefined, until: number | undefined): PhaseReport => {
    const tookMs = spanOf(history, from, until)
    if (tookMs === undefined) return { state: 'waiting', tookMs }
    return { state: until !== undefined ? 'done' : history.end === undefined ? 'running' : 'failed', tookMs }
  }
  return {
    signaling: report(history.at('started'), agreed),
    gathering: report(localSet, history.at('gathered')),
    checks: report(agreed, routed),
    dtls: report(routed, secured),
    sctp: report(secured, opened),
  }
}

function first(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Of what has begun: until it was over, or the connection, or now. */
function spanOf(history: ConnectionHistory, from: number | undefined, until: number | undefined): number | undefined {
  if (from === undefined) return undefined
  return Math.max(0, (until ?? history.at('ended') ?? history.clock.now()) - from)
}

function whyNew({ remote }: Case): string {
  return remote.length > 0
    ? 'No offer came, although candidates of the other side did: signaling lost it, or nobody passed it to setRemoteDescription.'
    : 'Nothing was begun: createOffer was not called, and no offer of the other side came to setRemoteDescription.'
}

function whyDone({ history }: Case, outcome: Diagnosis['outcome'], tookMs: number): string {
  const { route } = history
  const way = route ? (routeStats(route).relayed ? ' through a TURN relay' : ' directly') : ''
  const stood = ms(spanOf(history, history.at('opened'), undefined) ?? 0)
  if (outcome === 'closed') return `It was connected${way}, and was closed on this side after ${stood}.`
  if (history.end === 'closed by the other side') {
    return `It was connected${way}, and ended after ${stood}: the other side closed it, or nothing got through any more.`
  }
  if (outcome === 'lost' && history.end === undefined) {
    return `It was connected${way}, and all its data channels were closed: most likely by the other side, which is gone.`
  }
  if (outcome === 'lost') {
    return `It was connected${way}, and the way was lost after ${stood}: the other side is gone, or a network changed. Connect anew.`
  }
  if (history.state === 'Disconnected') {
    return `It was connected${way}, and nothing is heard from the other side any more: it may be gone, or come back.`
  }
  const slowest = PHASES.map((phase) => [phase, phasesOf(history)[phase].tookMs ?? 0] as const)
    .filter(([phase]) => phase !== 'gathering')
    .reduce((most, each) => (each[1] > most[1] ? each : most))
  const remark = tookMs >= SLOW_PHASE_MS ? ` That was slow: ${inWords(slowest[0])} took ${ms(slowest[1])} of it.` : ''
  return `It is connected${way}, after ${ms(tookMs)}.${remark}`
}

const CHECK_TURN = 'check that it can be reached over UDP from here, and its username and credential.'

/** For a phase that has failed, or that takes long. */
const CAUSES: Readonly<Record<ConnectionPhase, (known: Case) => string>> = {
  signaling: ({ history, remote }) => {
    if (history.lastError !== undefined) return history.lastError
    if (history.end === 'failed') return 'The platform gave the connection up before both descriptions were set.'
    const { offers } = history
    const description = offers ? 'offer' : 'answer'
    if (history.at('described') === undefined) return `The platform has not made the ${description}.`
    if (history.at('localSet') === undefined) {
      return `The ${description} was announced by sessionDescriptionCreated, and not passed to setLocalDescription.`
    }
    const evidence =
      remote.length > 0
        ? 'Candidates of the other side came, so it is there and did answer: signaling lost it, or nobody passed it to setRemoteDescription.'
        : 'Signaling lost the offer or the answer, or the other side is gone.'
    return `The answer never came. ${evidence}`
  },

  gathering: ({ history, configuration }) => {
    const way = configuration.iceTransportPolicy === 'relay'
    if (way) {
      return `iceTransportPolicy is 'relay', and no TURN server gave a candidate: ${CHECK_TURN}`
    }
    return history.at('gathered') === undefined
      ? 'The platform is still looking for addresses.'
      : 'This side has no network that may be used. In Node, loopback needs a bindAddress.'
  },

  checks: (known) => {
    const { local, remote, configuration, history } = known
    if (remote.length === 0) {
      return 'No candidates of the other side arrived: signaling carries none, or nobody passed them to addIceCandidate.'
    }
    const families = (kinds: readonly CandidateKind[], family: string) => kinds.every((kind) => kind.family === family)
    if (
      (families(local, 'IPv6') && families(remote, 'IPv4')) ||
      (families(local, 'IPv4') && families(remote, 'IPv6'))
    ) {
      return 'One side has only IPv4 and the other only IPv6: add a TURN server that has both.'
    }
    const has = (type: CandidateType) =>
      local.some((kind) => kind.type === type) || remote.some((kind) => kind.type === type)
    const reached = (kinds: readonly CandidateKind[]) => kinds.some(({ type }) => type === 'srflx' || type === 'relay')
    const configured = (configuration.iceServers ?? []).length > 0
    if (configured && !reached(local) && reached(remote)) {
      return 'No STUN or TURN server answered this side: its network seems to block UDP. A browser gets out with a turn: URL with ?transport=tcp, or with turns:; Node does not.'
    }
    if (configured && reached(local) && !reached(remote)) {
      return 'The other side has only addresses of its own: its network seems to block UDP, or it has no STUN and TURN servers.'
    }
    if (has('relay')) {
      return 'Not even the way through the TURN relay is open: look at its log, and whether its ports 49152 to 65535 are open.'
    }
    const servers = [configuration.iceServers ?? []].flat().flatMap(({ urls }) => [urls].flat())
    const turn = servers.some((url) => /^turns?:/i.test(url))
    if (turn && history.at('gathered') !== undefined) {
      return `There is no direct way between the two networks, and the TURN server gave no candidate: ${CHECK_TURN}`
    }
    if (!has('srflx')) {
      const hidden = families(remote, 'mDNS') ? ' (its addresses are hidden behind mDNS names)' : ''
      const stun = servers.length > 0 ? ', since no STUN server answered' : ''
      return `Only host candidates on both sides and no relay${stun}: the two can meet only in one network${hidden}. Add STUN and TURN servers to iceServers. In one network, a firewall blocks UDP.`
    }
    return 'No route was found: the address translation (NAT) of one of the networks lets no stranger in. Add a TURN server to iceServers.'
  },

  dtls: () =>
    'A route was found, but the two sides did not agree on keys over it: large or most packets are lost, or a description of another connection was set.',

  sctp: ({ history }) =>
    history.end === undefined
      ? 'No data channel opened: negotiated ones must be made on both sides, with the same id, before connecting; or most packets are lost.'
      : 'It ended before a data channel opened: the other side closed it, or lost it.',
}

function headline(outcome: Diagnosis['outcome'], phase: ConnectionPhase | undefined, tookMs: number): string {
  if (outcome === 'new') return 'Not started.'
  if (phase === undefined) return outcome === 'connected' ? 'Connected.' : 'No longer connected.'
  const verb = { failed: 'Failed', closed: 'Closed' }[outcome as string] ?? 'Connecting'
  return outcome === 'connecting'
    ? `${verb} for ${ms(tookMs)}, now in ${inWords(phase)}.`
    : `${verb} in ${inWords(phase)} after ${ms(tookMs)}.`
}

/** As people write it. */
export function inWords(phase: ConnectionPhase): string {
  return { signaling: 'signaling', gathering: 'gathering', checks: 'ICE checks', dtls: 'DTLS', sctp: 'SCTP' }[phase]
}

function reportInWords({ state, tookMs }: PhaseReport): string {
  if (tookMs === undefined) return 'not begun'
  return state === 'done' ? ms(tookMs) : state === 'failed' ? `failed after ${ms(tookMs)}` : `${ms(tookMs)} so far`
}

function ms(time: number): string {
  return time >= 9_999.5 ? `${(time / 1000).toFixed(1)} s` : `${Math.round(time)} ms`
}
