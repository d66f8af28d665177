import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backend } from '../../testing/fresh-backend';
import { PushStandIn } from '../../testing/push';
import { isOnline, renderInbox } from '../../testing/render';
import { ConnectionStatus } from '../connection/ConnectionStatus';
import { Inbox } from '../inbox';
import { words } from '../words/languages/es';
import { PushSwitch } from './PushSwitch';

const user = userEvent.setup();
const SHOWN = { endpoint: 'https://push.example/the key' };
let push: PushStandIn;

beforeEach(() => {
  push = new PushStandIn();
});

afterEach(() => {
  push.end();
  localStorage.clear();
});

async function open() {
  renderInbox(backend, [<ConnectionStatus key="status" />, <PushSwitch key="switch" />]);
  await isOnline();
}

const theSwitch = () => screen.findByRole('switch', { name: words['push.switch'] });
const isOn = async (on: boolean) => {
  const button = await theSwitch();
  await waitFor(() => {
    expect(button).toHaveAttribute('aria-checked', String(on));
    expect(button).toHaveAttribute('aria-disabled', 'false');
  });
  return button;
};

it('subscribes at a click, and unsubscribes at the next', async () => {
  await open();
  expect(push.permission).toBe('default');
  await user.click(await isOn(false));
  await user.click(await isOn(true));
  await isOn(false);
  expect(push.told).toEqual([
    ['POST', SHOWN],
    ['DELETE', SHOWN],
  ]);
  expect(push.subscription).toBeNull();
});

it('stays off if the shopper does not allow it, and says where to allow it', async () => {
  push.answer = 'denied';
  await open();
  await user.click(await isOn(false));
  expect(await screen.findByText(words['alerts.desktop.denied'])).toBeVisible();
  // A button with the attribute `disabled` would lose the focus.
  expect(await theSwitch()).toHaveFocus();
  expect(await theSwitch()).toBeEnabled();
  expect(await theSwitch()).toHaveAttribute('aria-disabled', 'true');
  await user.click(await theSwitch());
  expect(push.told).toEqual([]);
});

it('says that switching on failed, and shows the real state', async () => {
  push.failure = new Error('no push service');
  await open();
  await user.click(await isOn(false));
  expect(await screen.findByText(words['push.failed'])).toBeVisible();
  push.failure = undefined;
  await user.click(await isOn(false));
  await isOn(true);
  expect(screen.queryByText(words['push.failed'])).toBeNull();
});

it('is off if the server could not be told, and says that it failed', async () => {
  push.isRefused = true;
  await open();
  await user.click(await isOn(false));
  expect(await screen.findByText(words['push.failed'])).toBeVisible();
  await isOn(false);
  expect(push.subscription).toBeNull();
});

it('can be switched off and on while the server cannot be reached', async () => {
  await open();
  await user.click(await isOn(false));
  const button = await isOn(true);
  backend.drop = true;
  await user.click(button);
  await isOn(false);
  await user.click(button);
  expect(await screen.findByText(words['push.failed'])).toBeVisible();
  backend.drop = false;
  await user.click(await isOn(false));
  expect(await isOn(true)).toBe(button);
  expect(button).toHaveFocus();
});

it('appears after a reconnect if the server could not be asked at first', async () => {
  const { intercept } = backend;
  backend.intercept = ({ url }) =>
    url.pathname === '/v1/push-key' ? { status: 503, body: {} } : undefined;
  await open();
  await waitFor(() => {
    expect(backend.calls.some(({ url }) => url.pathname === '/v1/push-key')).toBe(true);
  });
  expect(screen.queryByRole('switch')).toBeNull();
  backend.intercept = intercept;
  backend.cut();
  expect(await screen.findByRole('switch', {}, { timeout: 5_000 })).toBeVisible();
});

it.each(['no worker', 'no key'])('shows nothing with %s', async (lack) => {
  if (lack === 'no worker') push.isRegistered = false;
  else push.key = null;
  await open();
  await waitFor(() => {
    expect(backend.calls.length).toBeGreaterThan(1);
  });
  expect(screen.queryByRole('switch')).toBeNull();
});

it('a browser without Web Push says so', async () => {
  Reflect.deleteProperty(window, 'PushManager');
  await open();
  expect(await theSwitch()).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByText(words['alerts.desktop.unsupported'])).toBeVisible();
});

/** Return a started inbox of this shopper. */
function inboxOf(shopper: string): Inbox {
  const claims = btoa(JSON.stringify({ sub: shopper, exp: Date.now() / 1000 + 3600 }));
  const token = `e30.${claims}.x`;
  const inbox = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token });
  inbox.start();
  return inbox;
}

it('reports the subscription again at the next start, and ends it at sign-out', async () => {
  const first = inboxOf('ana');
  await first.push.turnOn();
  first.stop();
  const second = inboxOf('ana');
  await waitFor(() => {
    expect(push.told.map(([method]) => method)).toEqual(['POST', 'POST']);
  });
  await second.signOut();
  expect(push.told.at(-1)).toEqual(['DELETE', SHOWN]);
  expect(push.subscription).toBeNull();
});

it('ends the subscription that another shopper has left in this browser', async () => {
  const anas = inboxOf('ana');
  await anas.push.turnOn();
  anas.stop();
  push.show(['/orders/1']);
  const beas = inboxOf('bea');
  await waitFor(() => {
    expect(push.subscription).toBeNull();
    expect(push.shown.size).toBe(0);
  });
  beas.stop();
  expect(push.told).toHaveLength(1);
});

it('ends the subscription of another shopper although the token came before the start', async () => {
  const anas = inboxOf('ana');
  await anas.push.turnOn();
  anas.stop();
  const claims = btoa(JSON.stringify({ sub: 'bea', exp: Date.now() / 1000 + 3600 }));
  const beas = new Inbox({ apiUrl: backend.url, socketUrl: backend.url, token: '' });
  beas.setTokenSource({ token: `e30.${claims}.x` });
  await beas.push.state(); // learns the token
  beas.start();
  await waitFor(() => {
    expect(push.subscription).toBeNull();
  });
  beas.stop();
});

it('stays on if another tab starts before the server has been told', async () => {
  const first = inboxOf('ana');
  const second = inboxOf('ana');
  const { intercept } = backend;
  let tell: (() => void) | undefined;
  backend.intercept = (call) => {
    if (tell || !call.url.pathname.endsWith('/push-subscriptions')) return intercept(call);
    return new Promise((resolve) => {
      tell = () => {
        resolve(intercept(call));
      };
    });
  };
  const turnedOn = first.push.turnOn();
  await waitFor(() => {
    expect(tell).toBeDefined();
  });
  await second.push.renew();
  tell?.();
  await turnedOn;
  expect(push.subscription).not.toBeNull();
  first.stop();
  second.stop();
});
