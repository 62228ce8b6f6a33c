// The options by which whoever asks says in which form an answer comes.
import { type Command, Option } from 'commander'
import { NamesOption } from './names-option.ts'
import { OUTPUT_FORMATS, type OutputFormat, type Report } from './output.ts'
import { columnKeys, columnNames, type Shape, type SortKey, sortKeys } from './shape.ts'
import { wrapped } from './text.ts'

export interface OutputOptions {
  readonly output: OutputFormat
}

export interface ShapeOptions extends OutputOptions {
  readonly sort?: readonly SortKey[]
  readonly columns?: readonly string[]
  /** `--no-headers` says false. */
  readonly headers?: boolean
}

export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'form of the answer; wide: a table whose columns are all there; name: names alone')
      .choices(OUTPUT_FORMATS)
      .default('table'),
  )
}

/** `like`: the report of nothing, whose columns are those that there are. */
export function addShapeOptions(command: Command, like?: () => Report): Command {
  const names = (): readonly string[] => (like ? columnNames(like()) : [])
  return addOutputOption(command)
    .addOption(new NamesOption('--sort <columns>', 'by these, as name or -cpu,name: - the greatest first').argParser(sortKeys).of(names))
    .addOption(new NamesOption('--columns <columns>', 'these alone, in this order').argParser(columnKeys).of(names))
    .option('--no-headers', 'rows alone: no headings, no totals')
    .addHelpText('after', () => (like ? `\nColumns, for --sort and --columns:\n${namesSaid(like())}` : ''))
}

export function shapeOf({ columns, sort, headers }: Omit<ShapeOptions, 'output'>): Shape {
  return { ...(columns ? { columns } : {}), ...(sort ? { sort } : {}), ...(headers === false ? { isBare: true } : {}) }
}

const WIDTH = 78

function namesSaid({ sections }: Report): string {
  const [only, ...others] = sections
  const said = (names: readonly string[]): readonly string[] =>
    wrapped(
      names.map((name, at) => (at === names.length - 1 ? name : `${name},`)),
      WIDTH,
    )
  if (only && others.length === 0)
    return said(only.columns.map(({ key }) => key))
      .map((line) => `  ${line}`)
      .join('\n')
  return sections
    .filter(({ columns }) => columns.length > 0)
    .map(({ name, columns }) =>
      said([`${name}:`, ...columns.map(({ key }) => key)])
        .map((line) => `  ${line}`)
        .join('\n')
        .replace(':,', ':'),
    )
    .join('\n')
}
