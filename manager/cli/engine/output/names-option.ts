// An option whose value is some of certain names, by commas.
import { Option } from 'commander'

/** Its value is one or more of these, by commas; what there really is says the answer. */
export class NamesOption extends Option {
  /** For completion alone. */
  names: () => readonly string[] = () => []

  of(names: () => readonly string[]): this {
    this.names = names
    return this
  }
}
