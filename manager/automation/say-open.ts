// What a manager that starts says of automations that are open: which go on, and which were begun by another version of their recipe.
import type { Log } from '../../appliance/wire/log.ts'
import type { Automations } from './service.ts'

export async function sayOpen(
  automations: Pick<Automations, 'open'>,
  recipes: readonly { readonly name: string; readonly version: number }[],
  log: Log,
): Promise<void> {
  for (const { id, title, state, recipe, version } of await automations.open()) {
    const known = recipes.find(({ name }) => name === recipe)?.version
    const fields = { automation: id, title, state, recipe, version }
    if (known === version) log.info(fields, 'an automation goes on')
    else log.warn({ ...fields, known }, 'an automation of another version waits: hostless automation resume, or abort')
  }
}
