import test from 'ava'
import fc from 'fast-check'
import { type Carousel, join, leave, newCarousel, passed } from '../../../../images/agent/content/carousel.ts'

const acts = fc.array(fc.oneof(fc.constant('join'), fc.constant('leave'), fc.constant('block'), fc.constant('join in the midst')), {
  maxLength: 80,
})

test('whoever joins when gets each block once, and those who ride at one time share each block', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), acts, (blocks, all) => {
      const got = new Map<number, number[]>()
      let carousel: Carousel = newCarousel(blocks)
      let riders = 0
      let sent = 0
      const enter = (): void => {
        riders += 1
        got.set(riders, [])
        carousel = join(carousel, riders)
      }
      const block = (joining: boolean): void => {
        const { next, wanting } = carousel
        const given = [...wanting.keys()]
        for (const rider of given) got.get(rider)?.push(next)
        if (given.length > 0) sent += 1
        if (joining) enter()
        carousel = passed(carousel, given).carousel
      }
      for (const act of all) {
        if (act === 'join') enter()
        else if (act === 'leave') {
          const [first] = carousel.wanting.keys()
          if (first === undefined) continue
          got.delete(first)
          carousel = leave(carousel, first)
        } else block(act !== 'block')
      }
      while (carousel.wanting.size > 0) block(false)
      for (const [rider, places] of got)
        t.deepEqual(
          [...places].sort((a, b) => a - b),
          Array.from({ length: blocks }, (_, index) => index),
          `rider ${rider} got ${places}`,
        )
      t.true(sent <= blocks * Math.max(1, riders))
    }),
  )
})

test('three who come at blocks 0, 2 and 5 of eight are served by two rounds, the second of five blocks', (t) => {
  let carousel = newCarousel(8)
  const rounds: number[] = []
  for (let sent = 0; sent < 20; sent += 1) {
    const rider = new Map([
      [0, 1],
      [2, 2],
      [5, 3],
    ]).get(sent)
    if (rider !== undefined) carousel = join(carousel, rider)
    if (carousel.wanting.size === 0) break
    rounds.push(carousel.next)
    carousel = passed(carousel, [...carousel.wanting.keys()]).carousel
  }
  t.deepEqual(rounds, [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4])
})
