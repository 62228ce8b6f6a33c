// What a command has to tell, without its form: sections of rows; and where the text goes.

export type Value = string | number | boolean | null | readonly string[]
export type Row = Readonly<Record<string, Value>>

export interface Column {
  /** Member of the rows, and its name in all forms but the table: lower case, letters and digits. */
  readonly key: string
  /** Heading in the table. */
  readonly title: string
  readonly align?: 'right'
  /** How the table writes it; the other forms keep the value. */
  readonly show?: (value: Value) => string
  /** Which columns a terminal that is too narrow goes without: the greatest first; missing: it is always there. */
  readonly spare?: number
  /**
   * How a text that is too wide is cut, if not at its end. `middle`: ids, whose ends tell them apart; `count`: words, `+3` for the rest;
   * `wrap`: sentences, which go on below.
   */
  readonly cut?: 'middle' | 'count' | 'wrap'
  /** No table shows it unless it is asked for. */
  readonly isHidden?: true
  /** By which commands know the row; missing: the first column. */
  readonly isName?: true
  /** Its colour on a terminal. */
  readonly tone?: (value: Value) => 'good' | 'bad' | 'plain'
}

export interface Section {
  /** Name in all forms but the table: `packages`. */
  readonly name: string
  /** Name of one row in XML: `package`. */
  readonly item: string
  /** Heading in the table, when the report has several sections. */
  readonly title: string
  /** `record`: one row, written top to bottom. */
  readonly shape: 'list' | 'record'
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Last line of the table; the other forms are without, unless the report has it as a section of its own. */
  readonly totals?: Row
  /** What the table says when there are no rows. */
  readonly empty: string
  /** Its rows alone. */
  readonly isBare?: true
}

export interface Report {
  /** Root element in XML. */
  readonly name: string
  readonly sections: readonly Section[]
}

/** Where text goes. */
export interface Terminal {
  write(text: string): void
  /** Columns of a terminal; undefined for a pipe or a file, which get everything at full width. */
  readonly columns: number | undefined
  readonly colour: boolean
  /** Lines of a terminal. */
  readonly rows?: number | undefined
  /** Whether it shows more than ASCII. */
  readonly unicode?: boolean
}
