// Limits of the packet codec. Each says why it is that.

/** How deep a value may be nested. Game state is 3 to 6 deep; 5,000 overflow the decoder's stack. */
export const MAX_DEPTH = 32

/** How many values one packet may hold: 256 KiB of empty arrays take 45 ms to decode, this many take about 10. */
export const MAX_ITEMS = 65_536
