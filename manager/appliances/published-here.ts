// The images beside this manager, where the appliance of the same machine has them.
import { parseImageName } from '../../appliance/wire/generation.ts'
import { readPublished } from '../../images/store/published.ts'

/** Whether new boots get one of this name. What cannot be read is not missing. */
export function publishedIn(dataDir: string): (image: string) => Promise<boolean> {
  return async (image) => {
    const name = parseImageName(image)
    if (name === undefined) return false
    return readPublished(dataDir, name).then(
      (generation) => generation !== undefined,
      () => true,
    )
  }
}
