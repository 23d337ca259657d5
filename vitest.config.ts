import { configDefaults, defineConfig } from 'vitest/config'

/** Tests with real connections, browsers, servers or processes that measure no time, and do not mind who runs beside them: most wait. */
const PATIENT = [
  'test/conformance/across/*.test.ts',
  'test/conformance/{chromium,firefox}.test.ts',
  'test/e2e/no-way.test.ts',
  'test/examples/ladder.test.ts',
  'test/nat/nat.test.ts',
  'test/package.test.ts',
  'test/real-link/blackout.test.ts',
  'test/server/signaling/redis-adapter.test.ts',
]
/** Other such tests. All others run in virtual time, and count only. */
const REAL = [
  'test/*.test.ts',
  'test/conformance/*.test.ts',
  'test/{docs,e2e,examples,life,nat,real-link,server}/**/*.test.ts',
  'test/game-demo/{*,net/*}.test.ts',
  'test/multiplayer/{*,*/real}.test.ts',
  'test/net/{*,drivers/*,signaling/*}.test.ts',
]

const common = {
  // node-datachannel crashes in worker threads.
  pool: 'forks',
  // CI's machine is shared: a test gets two more tries there, and the reporter marks it (retry x1), which is a bug to look at.
  retry: process.env.CI ? 2 : 0,
  testTimeout: 20_000,
  hookTimeout: 60_000,
} as const

export default defineConfig({
  test: {
    globalSetup: 'test/support/global-setup.ts',
    reporters: ['default', ['json', { outputFile: 'test/output/results.json' }]],
    projects: [
      {
        test: {
          ...common,
          name: 'virtual',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PATIENT, ...REAL],
          maxWorkers: 2,
        },
      },
      { test: { ...common, name: 'patient', include: PATIENT, maxWorkers: 3, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...common,
          name: 'real',
          include: REAL,
          exclude: [...configDefaults.exclude, ...PATIENT],
          // Two files at once would starve each other on two cores.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
