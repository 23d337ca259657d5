// Runs the validators of an RPC's arguments and result. They run on both sides: the caller hears of its mistake at once,
// and the receiver believes nobody.

import { NetError, type NetErrorCode } from '../../net/errors.ts'
import type { StandardIssue, StandardSchema } from './standard-schema.ts'

/** The arguments as their validators give them. @throws {NetError} `code`: they are not what the definition says. */
export function checkArguments(
  name: string,
  validators: readonly StandardSchema[],
  args: readonly unknown[],
  code: NetErrorCode,
): unknown[] {
  if (args.length > validators.length) {
    throw new NetError(code, `${name} takes ${validators.length} arguments, not ${args.length}.`)
  }
  return validators.map((validator, i) => check(`Argument ${i + 1} of ${name}`, validator, args[i], code))
}

/** @throws {NetError} `code`, or ERR_UNCONFIGURED: the validator works asynchronously. */
export function check(what: string, validator: StandardSchema, value: unknown, code: NetErrorCode): unknown {
  let result: ReturnType<StandardSchema['~standard']['validate']>
  try {
    result = validator['~standard'].validate(value)
  } catch (cause) {
    throw new NetError(code, `The validator of ${what} threw an error instead of returning issues.`, { cause })
  }
  // Also what only looks like a promise: taken for a result it would be one without issues, whatever came.
  if ('then' in result) {
    Promise.resolve(result).catch(() => {})
    throw new NetError(
      'ERR_UNCONFIGURED',
      `${what} has an asynchronous validator: calls would overtake each other. Use one that answers at once.`,
    )
  }
  if (!result.issues) return result.value
  throw new NetError(code, `${what} is not valid: ${result.issues.slice(0, 3).map(describe).join('; ')}`)
}

function describe({ message, path = [] }: StandardIssue): string {
  const where = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  return where === '' ? message : `${message} (at ${where})`
}
