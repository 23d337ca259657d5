import { defineConfig } from 'vitest/config'

// The long soak. `SOAK_SEEDS=1000 npm run soak` runs fewer seeds, `SOAK_SEED=123` repeats one.
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    pool: 'forks',
    env: { SOAK_SEEDS: process.env.SOAK_SEEDS ?? '10000' },
    reporters: ['verbose'],
  },
})
