// Where the programs are that the tests need beside Node: named by a variable, or what the machine has.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @typedef {'chromium' | 'firefox'} BrowserName */
/** @typedef {BrowserName | 'coturn' | 'ip' | 'nft' | 'nginx' | 'openssl' | 'redis'} ProgramName */

/** @type {Record<ProgramName, { variable: string, programs: string[], debianPackage: string, rootOnly?: boolean }>} */
export const PROGRAMS = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    debianPackage: 'chromium',
  },
  firefox: { variable: 'FIREFOX_PATH', programs: ['firefox-esr', 'firefox'], debianPackage: 'firefox-esr' },
  coturn: { variable: 'TURNSERVER_PATH', programs: ['turnserver'], debianPackage: 'coturn' },
  // The NAT laboratory: without root there is none.
  ip: { variable: 'IP_PATH', programs: ['ip'], debianPackage: 'iproute2', rootOnly: true },
  nft: { variable: 'NFT_PATH', programs: ['nft'], debianPackage: 'nftables', rootOnly: true },
  nginx: { variable: 'NGINX_PATH', programs: ['nginx'], debianPackage: 'nginx-light' },
  openssl: { variable: 'OPENSSL_PATH', programs: ['openssl'], debianPackage: 'openssl' },
  redis: { variable: 'REDIS_SERVER_PATH', programs: ['redis-server'], debianPackage: 'redis-server' },
}

/** Debian keeps what administers the machine where other users' PATH does not look. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * The path of a program, or undefined when there is none.
 * @param {ProgramName} name
 */
export function findProgram(name) {
  const { variable, programs } = PROGRAMS[name]
  const named = process.env[variable]
  if (named) return named
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
    for (const program of programs) {
      const path = join(folder, program)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // Not here.
      }
    }
  }
  return undefined
}
