import type { Page } from 'playwright-core';
import type { Person } from '../../ops-web/support/people.js';

/** Fills in the sign-in form, as somebody does; ends on the page that was asked for. */
export async function signInOn(page: Page, url: string, { name, password }: Person): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Nom').fill(name);
  await page.getByLabel('Mot de passe').fill(password);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByRole('button', { name: 'Se déconnecter' }).waitFor();
}
