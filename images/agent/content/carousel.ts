// One stream of an image's blocks for all who want it at one time: it goes round, each gets all blocks from the one that is next when he
// joins, and leaves when it comes round to there again. Pure.

export interface Carousel {
  readonly blocks: number
  /** The block that is next. */
  readonly next: number
  /** By rider: how many blocks he still wants, from the next one on. */
  readonly wanting: ReadonlyMap<number, number>
}

export function newCarousel(blocks: number): Carousel {
  return { blocks, next: 0, wanting: new Map() }
}

/** It stands still while nobody rides: the first to join has it begin anew, so that a stream reads from its beginning. */
export function join(carousel: Carousel, rider: number): Carousel {
  const { blocks, next, wanting } = carousel
  return { ...carousel, next: wanting.size === 0 ? 0 : next, wanting: new Map(wanting).set(rider, blocks) }
}

export function leave(carousel: Carousel, rider: number): Carousel {
  return { ...carousel, wanting: new Map([...carousel.wanting].filter(([one]) => one !== rider)) }
}

/** The next block has come, and these riders have it now. Who has joined since it came goes round for it. `done`: who wants no more. */
export function passed(
  { blocks, next, wanting }: Carousel,
  riders: readonly number[],
): { readonly carousel: Carousel; readonly done: readonly number[] } {
  const left = [...wanting].map(([rider, wanted]) => [rider, riders.includes(rider) ? wanted - 1 : wanted] as const)
  return {
    carousel: { blocks, next: (next + 1) % blocks, wanting: new Map(left.filter(([, wanted]) => wanted > 0)) },
    done: left.flatMap(([rider, wanted]) => (wanted > 0 ? [] : [rider])),
  }
}
