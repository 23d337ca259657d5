// Keeps docs/godot.md true: every name of Godot's has a row, and every row names a test that exists and runs.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { namedTestProblems } from './support/named-tests.ts'

/** What Godot 4.7 has in the classes that the table is about; RPC is no class there. */
const GODOT: Readonly<Record<string, readonly string[]>> = {
  WebRTCPeerConnection: [
    'set_default_extension(extension_class)',
    'initialize(configuration)',
    'configuration: iceServers',
    'configuration: iceTransportPolicy',
    'configuration: libdatachannel',
    'create_data_channel(label, options)',
    'option negotiated',
    'option id',
    'option maxRetransmits',
    'option maxPacketLifeTime',
    'option ordered',
    'option protocol',
    'create_offer()',
    'set_local_description(type, sdp)',
    'set_remote_description(type, sdp)',
    'add_ice_candidate(media, index, name)',
    'poll()',
    'close()',
    'get_connection_state()',
    'get_gathering_state()',
    'get_signaling_state()',
    'signal session_description_created(type, sdp)',
    'signal ice_candidate_created(media, index, name)',
    'signal data_channel_received(channel)',
    'ConnectionState.STATE_NEW = 0',
    'ConnectionState.STATE_CONNECTING = 1',
    'ConnectionState.STATE_CONNECTED = 2',
    'ConnectionState.STATE_DISCONNECTED = 3',
    'ConnectionState.STATE_FAILED = 4',
    'ConnectionState.STATE_CLOSED = 5',
    'GatheringState.GATHERING_STATE_NEW = 0',
    'GatheringState.GATHERING_STATE_GATHERING = 1',
    'GatheringState.GATHERING_STATE_COMPLETE = 2',
    'SignalingState.SIGNALING_STATE_STABLE = 0',
    'SignalingState.SIGNALING_STATE_HAVE_LOCAL_OFFER = 1',
    'SignalingState.SIGNALING_STATE_HAVE_REMOTE_OFFER = 2',
    'SignalingState.SIGNALING_STATE_HAVE_LOCAL_PRANSWER = 3',
    'SignalingState.SIGNALING_STATE_HAVE_REMOTE_PRANSWER = 4',
    'SignalingState.SIGNALING_STATE_CLOSED = 5',
  ],
  WebRTCDataChannel: [
    'poll()',
    'close()',
    'was_string_packet()',
    'write_mode',
    'get_ready_state()',
    'get_label()',
    'is_ordered()',
    'get_id()',
    'get_max_packet_life_time()',
    'get_max_retransmits()',
    'get_protocol()',
    'is_negotiated()',
    'get_buffered_amount()',
    'WriteMode.WRITE_MODE_TEXT = 0',
    'WriteMode.WRITE_MODE_BINARY = 1',
    'ChannelState.STATE_CONNECTING = 0',
    'ChannelState.STATE_OPEN = 1',
    'ChannelState.STATE_CLOSING = 2',
    'ChannelState.STATE_CLOSED = 3',
    'get_packet() (PacketPeer)',
    'put_packet(buffer) (PacketPeer)',
    'get_available_packet_count() (PacketPeer)',
    'get_var(allow_objects) (PacketPeer)',
    'put_var(var, full_objects) (PacketPeer)',
    'network/limits/webrtc/max_channel_in_buffer_kb',
  ],
  WebRTCMultiplayerPeer: [
    'create_server(channels_config)',
    'create_client(peer_id, channels_config)',
    'create_mesh(peer_id, channels_config)',
    'channels_config',
    'add_peer(peer, peer_id)',
    'add_peer: unreliable_lifetime',
    'remove_peer(peer_id)',
    'has_peer(peer_id)',
    'get_peer(peer_id)',
    'get_peers()',
    'channel "reliable", id 1',
    'channel "ordered", id 2',
    'channel "unreliable", id 3',
  ],
  MultiplayerPeer: [
    'refuse_new_connections',
    'transfer_mode',
    'transfer_channel',
    'set_target_peer(id)',
    'get_packet_peer()',
    'get_packet_channel()',
    'get_packet_mode()',
    'poll()',
    'close()',
    'disconnect_peer(peer, force)',
    'get_connection_status()',
    'get_unique_id()',
    'generate_unique_id()',
    'is_server_relay_supported()',
    'TARGET_PEER_BROADCAST = 0',
    'TARGET_PEER_SERVER = 1',
    'ConnectionStatus.CONNECTION_DISCONNECTED = 0',
    'ConnectionStatus.CONNECTION_CONNECTING = 1',
    'ConnectionStatus.CONNECTION_CONNECTED = 2',
    'TransferMode.TRANSFER_MODE_UNRELIABLE = 0',
    'TransferMode.TRANSFER_MODE_UNRELIABLE_ORDERED = 1',
    'TransferMode.TRANSFER_MODE_RELIABLE = 2',
    'signal peer_connected(id)',
    'signal peer_disconnected(id)',
  ],
  PacketPeer: [
    'get_packet()',
    'put_packet(buffer)',
    'get_packet_error()',
    'get_var(allow_objects)',
    'put_var(var, full_objects)',
    'get_available_packet_count()',
    'encode_buffer_max_size',
  ],
  OfflineMultiplayerPeer: [
    'get_connection_status() = CONNECTED',
    'get_unique_id() = 1',
    'is_server',
    'get_available_packet_count() = 0',
    'put_packet(buffer) = OK',
    'poll()',
    'close()',
    'disconnect_peer(peer, force)',
    'get_max_packet_size() = 0',
    'default peer of SceneMultiplayer',
  ],
  MultiplayerPeerExtension: [
    '_get_packet(r_buffer, r_size)',
    '_get_packet_script()',
    '_put_packet(buffer, size)',
    '_put_packet_script(buffer)',
    '_get_available_packet_count()',
    '_get_max_packet_size()',
    '_get_packet_channel()',
    '_get_packet_mode()',
    '_get_packet_peer()',
    '_set_transfer_channel(channel)',
    '_get_transfer_channel()',
    '_set_transfer_mode(mode)',
    '_get_transfer_mode()',
    '_set_target_peer(id)',
    '_is_server()',
    '_poll()',
    '_close()',
    '_disconnect_peer(peer, force)',
    '_get_unique_id()',
    '_get_connection_status()',
    '_set_refuse_new_connections(enable)',
    '_is_refusing_new_connections()',
    '_is_server_relay_supported()',
  ],
  WebRTCPeerConnectionExtension: [
    '_get_connection_state()',
    '_get_gathering_state()',
    '_get_signaling_state()',
    '_initialize(config)',
    '_create_data_channel(label, config)',
    '_create_offer()',
    '_set_remote_description(type, sdp)',
    '_set_local_description(type, sdp)',
    '_add_ice_candidate(mid, mline, sdp)',
    '_poll()',
    '_close()',
  ],
  WebRTCDataChannelExtension: [
    '_get_packet(r_buffer, r_size)',
    '_put_packet(buffer, size)',
    '_get_available_packet_count()',
    '_get_max_packet_size()',
    '_poll()',
    '_close()',
    '_set_write_mode(mode)',
    '_get_write_mode()',
    '_was_string_packet()',
    '_get_ready_state()',
    '_get_label()',
    '_is_ordered()',
    '_get_id()',
    '_get_max_packet_life_time()',
    '_get_max_retransmits()',
    '_get_protocol()',
    '_is_negotiated()',
    '_get_buffered_amount()',
  ],
  PacketPeerExtension: [
    '_get_packet(r_buffer, r_size)',
    '_put_packet(buffer, size)',
    '_get_available_packet_count()',
    '_get_max_packet_size()',
  ],
  'MultiplayerAPI and SceneMultiplayer': [
    'multiplayer_peer',
    'has_multiplayer_peer()',
    'get_unique_id()',
    'is_server()',
    'get_peers()',
    'get_remote_sender_id()',
    'poll()',
    'rpc(peer, object, method, arguments)',
    'object_configuration_add(object, configuration)',
    'object_configuration_remove(object, configuration)',
    'set_default_interface(name)',
    'get_default_interface()',
    'create_default_interface()',
    'root_path',
    'auth_callback',
    'auth_timeout',
    'allow_object_decoding',
    'refuse_new_connections',
    'server_relay',
    'max_sync_packet_size',
    'max_delta_packet_size',
    'clear()',
    'disconnect_peer(id)',
    'get_authenticating_peers()',
    'send_auth(id, data)',
    'complete_auth(id)',
    'send_bytes(bytes, id, mode, channel)',
    'signal peer_connected(id)',
    'signal peer_disconnected(id)',
    'signal connected_to_server()',
    'signal connection_failed()',
    'signal server_disconnected()',
    'signal peer_authenticating(id)',
    'signal peer_authentication_failed(id)',
    'signal peer_packet(id, packet)',
  ],
  RPC: [
    'RPCMode.RPC_MODE_DISABLED = 0',
    'RPCMode.RPC_MODE_ANY_PEER = 1',
    'RPCMode.RPC_MODE_AUTHORITY = 2',
    '@rpc: mode',
    '@rpc: call_local',
    '@rpc: call_remote',
    '@rpc: transfer_mode',
    '@rpc: transfer_channel',
    'Node.rpc_config(method, config)',
    'Node.rpc(method, ...)',
    'Node.rpc_id(peer_id, method, ...)',
    'Node.rpc_id(-peer_id, method, ...)',
    'MultiplayerAPI.get_remote_sender_id()',
    'rpc() = ERR_UNCONFIGURED',
    'rpc() = ERR_CONNECTION_ERROR',
    'rpc() = ERR_INVALID_PARAMETER',
    'rpc() = FAILED',
    'wrong arguments',
    'checksum of the methods',
    'return values',
  ],
  MultiplayerAPIExtension: [
    '_poll()',
    '_set_multiplayer_peer(peer)',
    '_get_multiplayer_peer()',
    '_get_unique_id()',
    '_get_peer_ids()',
    '_rpc(peer, object, method, args)',
    '_get_remote_sender_id()',
    '_object_configuration_add(object, configuration)',
    '_object_configuration_remove(object, configuration)',
  ],
}

interface Row {
  readonly name: string
  readonly ours: string
  readonly why: string
  readonly test: string
}

const ROW = /^\| `([^`]+)` \| (.+?) \| (.+?) \| (.+?) \|$/

/** The rows of the table, by the heading that they stand under. */
function readTable(): Map<string, Row[]> {
  const tables = new Map<string, Row[]>()
  let rows: Row[] = []
  for (const line of read('docs/godot.md').split('\n')) {
    if (line.startsWith('## ')) {
      rows = []
      tables.set(line.slice(3), rows)
    }
    const [, name, ours, why, test] = ROW.exec(line) ?? []
    if (name && ours && why && test) rows.push({ name, ours, why, test })
    else if (line.startsWith('| `')) throw new Error(`not a row of four cells: ${line}`)
  }
  return tables
}

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

const table = readTable()

describe.each(Object.entries(GODOT))('the table of %s', (name, members) => {
  const rows = table.get(name) ?? []

  it('has one row for each member, and no other', () => {
    expect(rows.map((row) => row.name).sort()).toEqual([...members].sort())
  })

  it('names for each row a test that exists and is not skipped', () => {
    expect(rows.flatMap((row) => whatIsWrong(row))).toEqual([])
  })
})

it('the table has no class that Godot does not have', () => {
  expect([...table.keys()]).toEqual(Object.keys(GODOT))
})

function whatIsWrong({ name, ours, why, test }: Row): string[] {
  const leftOut = ours === 'left out'
  if (leftOut && why.length < 20) return [`${name}: does not say why it is left out`]
  if (test === '–') return leftOut ? [] : [`${name}: names no test`]
  return namedTestProblems(test).map((problem) => `${name}: ${problem}`)
}
