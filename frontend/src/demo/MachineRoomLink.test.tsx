import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { LanguageProvider } from './language';
import { MachineRoomLink } from './MachineRoomLink';
import { ShopApi } from './shop-api';

const show = () => {
  render(
    <LanguageProvider>
      <MachineRoomLink shop={new ShopApi('http://shop')} />
    </LanguageProvider>,
  );
  return userEvent.click(screen.getByTestId('machine-room'));
};

it('opens the machine room, with the token from the shop, in a new tab', async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  const tab = { location: '', close: vi.fn() };
  const open = vi.spyOn(window, 'open').mockReturnValue(tab as unknown as Window);
  const answer = { url: 'http://room/#token=t' };
  vi.spyOn(window, 'fetch').mockResolvedValue(new Response(JSON.stringify(answer)));
  await show();
  await vi.waitFor(() => {
    expect(tab.location).toBe('http://room/#token=t');
  });
  expect(open).toHaveBeenCalledWith('', '_blank');
});

it('says that the machine room is not running, and leaves no empty tab', async () => {
  const tab = { location: '', close: vi.fn() };
  vi.spyOn(window, 'open').mockReturnValue(tab as unknown as Window);
  vi.spyOn(window, 'fetch').mockResolvedValue(new Response('', { status: 404 }));
  await show();
  expect(await screen.findByRole('alert')).toHaveTextContent(/isn’t running|no está en marcha/);
  expect(tab.close).toHaveBeenCalled();
});
