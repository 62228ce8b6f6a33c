// Runs the commands of the site's properties, each in its own time and never twice at once, and keeps what they have said.
import type { Property } from '../../../manager/protocol/property.ts'
import type { PropertyDefinition } from '../../../manager/protocol/property-file.ts'
import type { Backend, Clock, Stop } from '../backend.ts'
import { propertyValueOf } from './value.ts'

export interface Properties {
  /** These and no others; one that is as it was goes on. */
  set(definitions: readonly PropertyDefinition[]): void
  /** Those that have been read, by name. */
  values(): readonly Property[]
  stop(): void
}

interface Running {
  readonly definition: PropertyDefinition
  property: Property | undefined
  cancel: Stop | undefined
  ended: boolean
}

/** `onChange`: some value is another one, or gone. */
export function runProperties(backend: Backend, clock: Clock, onChange: () => void): Properties {
  const running = new Map<string, Running>()

  const run = async (one: Running): Promise<void> => {
    const { definition } = one
    const started = clock.steady()
    const value = propertyValueOf(definition, await backend.run(definition.command))
    if (one.ended) return
    const before = one.property
    if (JSON.stringify(before?.value) !== JSON.stringify(value)) {
      one.property = { name: definition.name, at: Math.max(0, Math.round(clock.wall())), value }
      onChange()
    }
    const next = started + definition.seconds * 1000
    one.cancel = clock.after(Math.max(0, next - clock.steady()), () => void run(one))
  }

  const end = (one: Running): void => {
    one.ended = true
    one.cancel?.()
    running.delete(one.definition.name)
  }

  return {
    set(definitions) {
      const wanted = new Map(definitions.map((definition) => [JSON.stringify(definition), definition]))
      const gone = [...running.values()].filter(({ definition }) => !wanted.has(JSON.stringify(definition)))
      for (const one of gone) end(one)
      for (const definition of definitions) {
        if (running.has(definition.name)) continue
        const one: Running = { definition, property: undefined, cancel: undefined, ended: false }
        running.set(definition.name, one)
        void run(one)
      }
      if (gone.some(({ property }) => property)) onChange()
    },
    values: () => [...running.values()].flatMap(({ property }) => property ?? []).sort((a, b) => (a.name < b.name ? -1 : 1)),
    stop() {
      for (const one of [...running.values()]) end(one)
    },
  }
}
