import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect, it, vi } from 'vitest';
import type { Call } from '../../testing/http';
import { backend } from '../../testing/fresh-backend';
import { renderInbox } from '../../testing/render';
import { NotificationInbox } from '../panel/NotificationInbox';

const user = userEvent.setup();

const CATEGORIES = [
  { id: 'order', label: 'Pedidos' },
  { id: 'offer', label: 'Ofertas' },
  { id: 'news', label: 'Novedades' },
];

const isPut = ({ method }: Call) => method === 'PUT';
const named = (name: string) => screen.getByRole('switch', { name });
const offer = () => named('Ofertas');

async function openSettings() {
  renderInbox(backend, <NotificationInbox categories={CATEGORIES} />);
  await user.click(await screen.findByTestId('open-settings'));
  await screen.findByRole('group', { name: 'Qué quieres recibir' });
}

it('shows which categories the shopper gets, and which the shop always sends', async () => {
  backend.preferences = { muted: ['offer'], quiet_hours: null, always: ['order'] };
  await openSettings();
  expect(named('Pedidos')).toBeChecked();
  expect(named('Pedidos')).toHaveAttribute('aria-disabled', 'true');
  expect(named('Pedidos')).toHaveAccessibleDescription('Estas te las enviamos siempre.');
  expect(offer()).not.toBeChecked();
  expect(named('Novedades')).toBeChecked();
  await user.click(named('Horas de silencio'));
  expect((await axe.run(screen.getByTestId('preferences'))).violations).toEqual([]);
});

it('saves a switch at once, and keeps what another tab has changed', async () => {
  await openSettings();
  backend.preferences = { ...backend.preferences, muted: ['news'] };
  await user.click(offer());
  expect(offer()).not.toBeChecked();
  await waitFor(() => {
    expect(backend.preferences.muted).toEqual(['news', 'offer']);
  });
  await waitFor(() => {
    expect(named('Novedades')).not.toBeChecked();
  });
  await user.click(offer());
  await waitFor(() => {
    expect(backend.preferences.muted).toEqual(['news']);
  });
});

it('takes back a switch that cannot be saved, and shows a message', async () => {
  await openSettings();
  backend.intercept = (call) => (isPut(call) ? { status: 500, body: {} } : undefined);
  await user.click(offer());
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'No se han podido guardar tus preferencias. Tenemos un problema técnico.',
  );
  expect(offer()).toBeChecked();
  backend.intercept = () => undefined;
  await user.click(offer());
  await waitFor(() => {
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });
  expect(offer()).not.toBeChecked();
});

it('also shows the message if two switches were changed at once', async () => {
  await openSettings();
  backend.intercept = (call) => (isPut(call) ? { status: 500, body: {} } : undefined);
  fireEvent.click(offer());
  fireEvent.click(named('Novedades'));
  expect(await screen.findByRole('alert')).toHaveTextContent('No se han podido guardar');
  expect(offer()).toBeChecked();
  expect(named('Novedades')).toBeChecked();
  expect(backend.calls.filter(isPut)).toHaveLength(1);
});

it('saves a switch even if a reload that was queued before it fails', async () => {
  await openSettings();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(1);
  });
  let release: (() => void) | undefined;
  backend.intercept = ({ url }) =>
    !release && url.pathname.endsWith('/preferences')
      ? new Promise((resolve) => {
          release = () => {
            resolve({ status: 503, body: {} });
          };
        })
      : undefined;
  backend.cut();
  await waitFor(
    () => {
      expect(release).toBeDefined();
    },
    { timeout: 5000 },
  );
  await user.click(offer());
  release?.();
  await waitFor(() => {
    expect(backend.preferences.muted).toEqual(['offer']);
  });
  expect(offer()).not.toBeChecked();
});

it('does not load the preferences again while the connection is lost', async () => {
  await openSettings();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(1);
  });
  backend.refuse = () => 'the token has expired';
  const loads = () =>
    backend.calls.filter(({ url }) => url.pathname.endsWith('/preferences')).length;
  await waitFor(() => {
    expect(loads()).toBe(2);
  });
  backend.cut();
  expect(await screen.findByText(/^Tu sesión no es válida/)).toBeVisible();
  expect(loads()).toBe(2);
  expect(screen.getByTestId('preferences')).toBeVisible();
});

it('sends what is switched during a request with the next request', async () => {
  await openSettings();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  backend.intercept = async (call) => {
    if (isPut(call)) await held;
    return undefined;
  };
  await user.click(offer());
  await waitFor(() => {
    expect(backend.calls.some(isPut)).toBe(true);
  });
  await user.click(named('Novedades'));
  await user.click(named('Novedades'));
  expect(named('Novedades')).toBeChecked();
  release();
  await waitFor(() => {
    expect(backend.calls.filter(isPut)).toHaveLength(2);
  });
  expect(backend.preferences.muted).toEqual(['offer']);
  expect(offer()).not.toBeChecked();
});

it('sets quiet hours in the time zone of the browser', async () => {
  await openSettings();
  await user.click(screen.getByRole('switch', { name: 'Horas de silencio' }));
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const night = { from: '22:00', to: '08:00', time_zone };
  await waitFor(() => {
    expect(backend.preferences.quiet_hours).toEqual(night);
  });
  const to = screen.getByLabelText('Hasta');
  await user.clear(to);
  await user.type(to, '07:30');
  await user.tab();
  await waitFor(() => {
    expect(backend.preferences.quiet_hours).toEqual({ ...night, to: '07:30' });
  });
  const puts = backend.calls.filter(isPut).length;
  const from = screen.getByLabelText<HTMLInputElement>('Desde');
  const takeFocusBack = vi.spyOn(from, 'reportValidity'); // as it does in a browser
  await user.clear(from);
  await user.type(from, '07:30');
  await user.tab();
  expect(screen.getByText('Elige dos horas distintas.')).toBeVisible();
  expect(takeFocusBack).not.toHaveBeenCalled();
  expect(backend.calls.filter(isPut)).toHaveLength(puts);
  await user.click(named('Horas de silencio'));
  await waitFor(() => {
    expect(backend.preferences.quiet_hours).toBeNull();
  });
});

it('says that the preferences cannot be loaded, and loads them after a reconnect', async () => {
  backend.intercept = ({ url }) =>
    url.pathname.endsWith('/preferences') ? { status: 503, body: {} } : undefined;
  renderInbox(backend, <NotificationInbox categories={CATEGORIES} />);
  await user.click(await screen.findByTestId('open-settings'));
  expect(await screen.findByRole('alert')).toHaveTextContent('No se han podido cargar');
  expect(screen.queryByTestId('preferences')).not.toBeInTheDocument();
  await waitFor(() => {
    expect(backend.sockets).toHaveLength(1);
  });
  backend.intercept = () => undefined;
  backend.cut();
  expect(await screen.findByTestId('preferences', {}, { timeout: 5000 })).toBeVisible();
});

it('has no category settings unless the shop names categories', async () => {
  renderInbox(backend, <NotificationInbox />);
  await user.click(await screen.findByTestId('open-settings'));
  expect(screen.getByTestId('alert-settings')).toBeVisible();
  expect(screen.queryByTestId('preferences')).not.toBeInTheDocument();
  expect(backend.calls.some(({ url }) => url.pathname.endsWith('/preferences'))).toBe(false);
});
