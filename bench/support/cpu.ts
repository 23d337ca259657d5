/** What this process computed since `before`, in ms of one core: its own code and the kernel on its behalf. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
