// The numbers of the game, in world units, seconds and radians. Change the feel of it here.

/** Steps of the simulation in a second. */
export const TICK_RATE = 60
/** One step, in seconds. */
export const STEP = 1 / TICK_RATE

/** Wide enough that sixteen ships do not trip over each other, small enough that two find each other at once. */
export const ARENA_WIDTH = 2400
export const ARENA_HEIGHT = 1600

export const SHIP_RADIUS = 16
/** Acceleration at full thrust. With the drag below a ship reaches its top speed in about a second. */
export const SHIP_THRUST = 560
/** Share of the speed that is lost in a second: enough inertia to drift, little enough to stay in control. */
export const SHIP_DRAG = 0.75
export const SHIP_MAX_SPEED = 390
export const SHIP_TURN_RATE = 4.6
/** What is kept of the speed across a wall. */
export const SHIP_BOUNCE = 0.65
export const SHIP_ENERGY = 100
/** Energy that comes back by itself in a second: a player who runs away for a while is back in the fight. */
export const SHIP_REGENERATION = 3

export const SHOT_SPEED = 760
export const SHOT_LIFETIME = 0.95
export const SHOT_COOLDOWN = 0.2
export const SHOT_DAMAGE = 20
/** How much of the ship's own speed a shot takes along: less than all, so that shots go about where the nose points. */
export const SHOT_INHERIT = 0.5
/** Larger than the shot looks: who is shown a tenth of a second late must still be hittable. */
export const SHOT_RADIUS = 7

/** Angle between the shots of a fan while a ship has a surge. */
export const SURGE_SPREAD = 0.16
export const SURGE_SHOTS = 3
export const SURGE_SECONDS = 9

export const RESPAWN_SECONDS = 2.2
/** Invulnerability after a spawn. Firing ends it. */
export const SHIELD_SECONDS = 2

export const ORB_RADIUS = 13
/** Orbs drift towards nobody: this is only how near a ship must come. Generous, because pick-ups feel good. */
export const ORB_REACH = SHIP_RADIUS + ORB_RADIUS + 6
export const ORBS_AT_START = 18
/** More players, more orbs: this many for each beyond the first. */
export const ORBS_PER_PLAYER = 2
/** Above this many orbs, wrecks drop nothing. It bounds a snapshot, too. */
export const ORBS_MAX = 60
export const ORB_INTERVAL = 0.8
/** What a wreck drops. */
export const WRECK_ORBS = 3

export const POINTS_KILL = 5

export const ROUND_SECONDS = 120
export const BOARD_SECONDS = 8

/** A round rock that ships bounce off and shots end at. */
export interface Rock {
  readonly x: number
  readonly y: number
  readonly radius: number
}

/** Cover, placed by hand: a broken ring around the middle, so that no straight line crosses the whole arena. */
export const ROCKS: readonly Rock[] = [
  { x: 1200, y: 800, radius: 92 },
  { x: 620, y: 470, radius: 62 },
  { x: 1810, y: 430, radius: 74 },
  { x: 560, y: 1160, radius: 78 },
  { x: 1770, y: 1190, radius: 58 },
  { x: 1190, y: 250, radius: 44 },
  { x: 1230, y: 1390, radius: 48 },
]
