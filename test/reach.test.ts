import test from 'ava'
import { reached, type SourceFile } from './reach.ts'

const source = (path: string, text: string): SourceFile => ({ path, text })

const SOURCES = [
  source('manager/a.ts', "export const a = 1\nconst page = 'views/page.hbs'\n"),
  source('manager/b.ts', "import { type A, a } from './a.ts'\nexport const b = a\n"),
  source('manager/types.ts', "import type { A } from './a.ts'\nexport type { A } from './a.ts'\n"),
  source('manager/late.ts', "const { b } = await import('./b.ts')\n"),
  source('manager/again.ts', "export { b } from './b.ts'\n"),
  source('test/manager/a.test.ts', "import {\n  a,\n  type A,\n} from '../../manager/a.ts'\n"),
  source('test/manager/b.test.ts', "import { b } from '../../manager/b.ts'\n"),
  source('test/manager/types.test.ts', "import type { A } from '../../manager/types.ts'\n"),
  source('test/manager/late.test.ts', "import '../../manager/late.ts'\n"),
  source('test/manager/again.test.ts', "import { b } from '../../manager/again.ts'\n"),
]

const names = (...changed: string[]) => reached(SOURCES, changed).map((one) => `${one.distance} ${one.test.replace('test/manager/', '')}`)

test('a change reaches tests by imports, re-exports and late imports, the nearest first, and by types alone none', (t) => {
  t.deepEqual(names('manager/a.ts'), ['1 a.test.ts', '2 b.test.ts', '3 again.test.ts', '3 late.test.ts'])
  t.deepEqual(names('manager/again.ts', 'test/manager/types.test.ts'), ['0 types.test.ts', '1 again.test.ts'])
})

test('what is no source is reached by who names it; what is gone reaches nothing by itself', (t) => {
  t.deepEqual(names('manager/views/page.hbs'), ['2 a.test.ts', '3 b.test.ts', '4 again.test.ts', '4 late.test.ts'])
  t.deepEqual(names('test/manager/gone.test.ts', 'README.md'), [])
})
