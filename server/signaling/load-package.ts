// Packages that only some servers need are loaded when they are: a browser user never installs them.

import { NetError } from '../../src/net/errors.ts'

/**
 * What `load` imports.
 * @throws {NetError} ERR_UNAVAILABLE that names the package to install and what for.
 */
export async function loadPackage<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    if (!missing || !cause.message.includes(`'${name}'`)) throw cause
    const message = `${purpose} needs the package "${name}", which is not installed: npm install ${name}`
    throw new NetError('ERR_UNAVAILABLE', message, { cause })
  }
}
