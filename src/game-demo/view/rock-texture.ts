// A rock, painted once into a canvas of its own: lit from the upper left, with craters and a faint halo.

import { Texture } from 'pixi.js'
import type { Rock } from '../rules/constants.ts'
import { createRng, randomBetween } from '../rules/rng.ts'

/** Pixels per unit: sharp on dense screens as well. */
const SCALE = 2
/** Room for the halo, in radii. */
const REACH = 1.7

/** The rock's picture; `SCALE` pixels a unit, the rock in its middle. */
export function createRockTexture(rock: Rock, seed: number): { readonly texture: Texture; readonly scale: number } {
  const rng = createRng(seed)
  const size = Math.ceil(rock.radius * REACH * 2 * SCALE)
  const canvas = document.createElement('canvas')
  canvas.width = size
  canvas.height = size
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser gives no 2D canvas.')
  context.translate(size / 2, size / 2)
  context.scale(SCALE, SCALE)
  const { radius } = rock
  const halo = context.createRadialGradient(0, 0, radius * 0.9, 0, 0, radius * REACH)
  halo.addColorStop(0, 'rgba(96, 120, 255, 0.2)')
  halo.addColorStop(1, 'rgba(96, 120, 255, 0)')
  context.fillStyle = halo
  context.fillRect(-size, -size, size * 2, size * 2)

  // The outline stays within a few units of the circle that the rules know.
  const outline = new Path2D()
  const corners = 26
  for (let corner = 0; corner < corners; corner++) {
    const angle = (corner / corners) * Math.PI * 2
    const reach = radius + randomBetween(rng, -3.5, 2.5)
    outline.lineTo(Math.cos(angle) * reach, Math.sin(angle) * reach)
  }
  outline.closePath()
  const light = context.createRadialGradient(-radius * 0.45, -radius * 0.5, radius * 0.1, 0, 0, radius * 1.15)
  light.addColorStop(0, '#4a568f')
  light.addColorStop(0.5, '#2b3362')
  light.addColorStop(1, '#121631')
  context.fillStyle = light
  context.fill(outline)
  context.save()
  context.clip(outline)
  for (let crater = 0; crater < 9; crater++) {
    const angle = randomBetween(rng, 0, Math.PI * 2)
    const distance = randomBetween(rng, 0.1, 0.85) * radius
    paintCrater(
      context,
      Math.cos(angle) * distance,
      Math.sin(angle) * distance,
      randomBetween(rng, 0.06, 0.19) * radius,
    )
  }
  context.restore()
  context.lineJoin = 'round'
  context.lineWidth = 2.5
  const rim = context.createLinearGradient(-radius, -radius, radius, radius)
  rim.addColorStop(0, '#b9c6ff')
  rim.addColorStop(0.55, '#5f74d8')
  rim.addColorStop(1, '#2a3576')
  context.strokeStyle = rim
  context.stroke(outline)
  return { texture: Texture.from(canvas), scale: 1 / SCALE }
}

function paintCrater(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  const shade = context.createLinearGradient(x - size, y - size, x + size, y + size)
  shade.addColorStop(0, 'rgba(8, 10, 28, 0.75)')
  shade.addColorStop(1, 'rgba(90, 105, 170, 0.45)')
  context.fillStyle = shade
  context.beginPath()
  context.arc(x, y, size, 0, Math.PI * 2)
  context.fill()
}
