// Mixing of 0xRRGGBB colours.

/** `share` 0: `from`; 1: `to`. */
export function mix(from: number, to: number, share: number): number {
  const part = (shift: number) => {
    const a = (from >> shift) & 255
    const b = (to >> shift) & 255
    return Math.round(a + (b - a) * share) << shift
  }
  return part(16) | part(8) | part(0)
}

export const lighten = (colour: number, share: number) => mix(colour, 0xffffff, share)
