// One clock for all processes of the machine.

/** Ms of the system's monotonic clock, which every process of the machine reads alike. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
