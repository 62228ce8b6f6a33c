import test from 'ava'
import { MUTANTS, planted } from './mutants.ts'

for (const mutant of MUTANTS) {
  test.serial(`planted and found: ${mutant.name}`, async (t) => {
    const harness = await planted(mutant)
    const shown = await harness.firstOf(mutant.by, mutant.beside)
    t.truthy(shown, `no fault in "${mutant.by}" shows it`)
    t.log(shown)
  })
}
