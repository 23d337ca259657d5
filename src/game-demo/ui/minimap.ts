// The whole arena in a corner: rocks, orbs, ships. A small 2D canvas, drawn a few times a second.

import type { WorldView } from '../net/world-view.ts'
import { cssColour } from '../profile.ts'
import { OrbKind } from '../rules/arena.ts'
import { ARENA_HEIGHT, ARENA_WIDTH, ROCKS } from '../rules/constants.ts'
import { element } from './dom.ts'

const ORB_COLOURS: Readonly<Record<OrbKind, string>> = {
  [OrbKind.Spark]: '#4fae8c',
  [OrbKind.Prism]: '#ffd75e',
  [OrbKind.Surge]: '#ff7df2',
}

export class Minimap {
  readonly #canvas = element('minimap', HTMLCanvasElement)
  readonly #context = this.#canvas.getContext('2d')

  draw({ ships, orbs }: WorldView): void {
    const context = this.#context
    const ratio = window.devicePixelRatio || 1
    const width = Math.round(this.#canvas.clientWidth * ratio)
    const height = Math.round(this.#canvas.clientHeight * ratio)
    if (!context || width === 0) return
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height })
    const scale = Math.min(width / ARENA_WIDTH, height / ARENA_HEIGHT)
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, width, height)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.fillStyle = 'rgba(124, 144, 232, 0.35)'
    for (const rock of ROCKS) disc(context, rock.x, rock.y, rock.radius)
    for (const orb of orbs) {
      context.fillStyle = ORB_COLOURS[orb.kind]
      disc(context, orb.x, orb.y, orb.kind === OrbKind.Spark ? 15 : 24)
    }
    for (const ship of ships) {
      if (!ship.alive) continue
      context.fillStyle = cssColour(ship.profile.colour)
      disc(context, ship.x, ship.y, 34)
      if (!ship.self) continue
      context.lineWidth = 14
      context.strokeStyle = '#ffffff'
      context.beginPath()
      context.arc(ship.x, ship.y, 52, 0, Math.PI * 2)
      context.stroke()
    }
  }
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, Math.PI * 2)
  context.fill()
}
