// All recipes that this manager has, a line each.
import type { Recipe } from '../automation/recipe.ts'

export const RECIPES: readonly Recipe[] = []
