import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeConsole } from '../testing/fake-console';
import { App } from './App';
import { LanguageProvider, loadWords } from './language';

const ID = '0198c0de-0000-7000-8000-000000000001';

const show = () =>
  render(
    <LanguageProvider>
      <App />
    </LanguageProvider>,
  );

/** Open the page as the shop's link does. */
async function enter(hash = '#token=secret') {
  window.history.replaceState(null, '', `/${hash}`);
  const page = show();
  await screen.findByTestId('lane-0');
  return page;
}

const go = (hash: string) =>
  act(async () => {
    window.location.hash = hash;
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

describe('the machine room', () => {
  let service: FakeConsole;
  beforeAll(() => Promise.all([loadWords('es'), loadWords('en')]));
  beforeEach(() => {
    sessionStorage.clear();
    localStorage.setItem('language', 'en');
    window.history.replaceState(null, '', '/');
    Object.assign(Element.prototype, { animate: () => ({}), getAnimations: () => [] });
    HTMLDialogElement.prototype.showModal = function showModal() {
      this.open = true;
    };
    service = new FakeConsole();
    service.install();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('shows nothing without a token, and asks for one', async () => {
    show();
    expect(screen.getByTestId('door')).toHaveTextContent('notifications:read');
    expect(service.requests).toEqual([]);
    await userEvent.type(screen.getByLabelText('Token'), 'Bearer pasted{Enter}');
    await screen.findByTestId('river');
    expect(new Set(service.requests.map(({ token }) => token))).toEqual(new Set(['pasted']));
  });

  it('takes the token out of the address, and says that it is a demo', async () => {
    await enter();
    expect(window.location.href).not.toContain('secret');
    expect(screen.getByText(/This is a demo/)).toBeVisible();
    expect(service.requests[0]?.token).toBe('secret');
  });

  it.each([
    [401, 'isn’t valid'],
    [403, 'lacks the scope notifications:read'],
  ])('says why a token is refused with %i', async (status, words) => {
    service.refusal = status;
    sessionStorage.setItem('machine-room-token', 'old');
    show();
    await waitFor(() => {
      expect(screen.getByTestId('door')).toHaveTextContent(words);
    });
    expect(sessionStorage.length).toBe(0);
  });

  it('keeps the token for another try if the service does not answer', async () => {
    service.refusal = 503;
    sessionStorage.setItem('machine-room-token', 'good');
    show();
    const again = await screen.findByText('Try again');
    service.refusal = undefined;
    await userEvent.click(again);
    await screen.findByTestId('river');
  });

  it('leaves when the session expires, and says so', async () => {
    service.session = {
      ...service.session,
      expires_at: new Date(Date.now() + 1500).toISOString(),
    };
    await enter();
    await waitFor(() => {
      expect(screen.getByTestId('door')).toHaveTextContent('session has ended');
    });
    expect(sessionStorage.length).toBe(0);
  });

  it('does not treat a wrong clock as an expired session', async () => {
    const hour = 3_600_000;
    service.room.now = Date.now() - 2 * hour;
    const expires_at = new Date(Date.now() - hour).toISOString();
    service.session = { ...service.session, expires_at };
    await enter();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(screen.getByTestId('river')).toBeVisible();
  });

  it('takes the token out of an address that is pasted into an open page', async () => {
    await enter();
    await go('#token=second');
    await screen.findByTestId('lane-0');
    expect(window.location.href).not.toContain('second');
    expect(sessionStorage.getItem('machine-room-token')).toBe('second');
    expect(service.requests.at(-1)?.token).toBe('second');
  });

  it('says in its language what the service cannot see, and shows no figures that are missing', async () => {
    localStorage.setItem('language', 'es');
    await enter();
    const state = service.room.state();
    const since = new Date().toISOString();
    const part = 'http://127.0.0.1:8102';
    service.send('state', {
      ...state,
      instances: state.instances.map((one) => ({
        ...one,
        sockets: null,
        per_second: {},
        reasons: { mongodb: 'connection refused' },
      })),
      troubles: [
        { code: 'kafka.silent', part: 'Kafka', detail: 'TimeoutError', since },
        { code: 'instance.closed', part, detail: '', since },
      ],
    });
    expect(await screen.findByText(/Kafka no responde desde/)).toHaveTextContent('TimeoutError');
    expect(screen.getByText(/8102 no acepta conexiones/)).toBeVisible();
    expect(screen.getAllByText(/No llega a MongoDB/)).toHaveLength(2);
    expect(screen.getByTestId('river')).not.toHaveTextContent('NaN');
  });

  it('forgets the token at sign-out', async () => {
    await enter();
    await userEvent.click(screen.getByLabelText('Sign out'));
    expect(screen.getByTestId('door')).toHaveTextContent('signed out');
    expect(sessionStorage.length).toBe(0);
  });

  it('says for whom a lane waits, since when, and lets the details be opened by keyboard', async () => {
    await enter();
    const since = new Date(Date.now() - 42_000).toISOString();
    const state = service.room.state();
    const wait = {
      offset: 1000,
      id: ID,
      user: 'a•••a',
      state: 'pushed',
      since,
      attempt: 3,
      edges: ['http://127.0.0.1:8102'],
    };
    const partitions = state.partitions.map((lane) =>
      lane.partition === 0
        ? { ...lane, end: 1004, lag: 4, unsettled: 1, settled_beyond: 3, waits_for: wait }
        : lane,
    );
    service.send('state', { ...state, at: new Date().toISOString(), partitions });
    const lane = screen.getByTestId('lane-0');
    await waitFor(() => {
      expect(lane).toHaveTextContent(
        'Waits for a•••a to acknowledge offset 1000: attempt 3 through 8102, no answer yet.',
      );
    });
    expect(lane).toHaveTextContent(/0:4\d/);
    within(lane).getByRole('button').focus();
    await userEvent.keyboard('{Enter}');
    const details = screen.getByTestId('lane-details');
    expect(details).toHaveTextContent('3 later records are already settled');
    expect(within(details).getByRole('link')).toHaveAttribute('href', `#/n/${ID}`);
  });

  it('shows nothing as live after the connection is lost, and comes back', async () => {
    await enter();
    expect(screen.getByTestId('river')).toHaveAttribute('data-live', 'true');
    act(() => {
      service.breakStream();
    });
    await screen.findByText(/It isn’t live/);
    expect(screen.getByTestId('river')).toHaveAttribute('data-live', 'false');
    expect(screen.getByTestId('connection')).toHaveTextContent('next try in');
    await waitFor(() => {
      expect(screen.getByTestId('river')).toHaveAttribute('data-live', 'true');
    });
    expect(service.connections).toBe(2);
  });

  it('freezes the picture, and then goes on with the newest one', async () => {
    await enter();
    await userEvent.click(screen.getByLabelText('Freeze the picture'));
    const before = screen.getByTestId('lane-0').textContent;
    service.room.tick(3000);
    service.send('state', service.room.state());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(screen.getByTestId('lane-0').textContent).toBe(before);
    await userEvent.click(screen.getByLabelText('Go on live'));
    expect(screen.getByTestId('lane-0').textContent).not.toBe(before);
  });

  it('says in the feed who has died', async () => {
    await enter();
    service.room.die();
    service.send('state', service.room.state());
    await within(screen.getByTestId('feed')).findByText('8102 has died without leaving');
    expect(screen.getByTestId('feed')).toHaveTextContent('2 partitions change their owner');
  });

  it('finds an order, and shows the life of its notification', async () => {
    await enter();
    await userEvent.type(screen.getByLabelText('Search for a notification'), '40717263{Enter}');
    const results = await screen.findByTestId('results');
    await within(results).findByText(/Order · 1 notification/);
    await go(`#/n/${ID}`);
    const timeline = await screen.findByTestId('timeline');
    const steps = [...timeline.children].map((step) => (step as HTMLElement).dataset.step);
    expect(steps.join(' ')).toBe(
      'created written logged pushed acknowledged delivered committed seen read',
    );
    expect(timeline).toHaveTextContent('Partition 3, offset 124.');
    expect(timeline).toHaveTextContent('The owner, 8101, sent it through 8102: a hop.');
    expect(timeline).toHaveTextContent('+17 ms');
    expect(screen.getByTestId('way')).toHaveTextContent('P3 @ 124');
    expect(screen.getByText('notification.created')).toBeVisible();
    expect(screen.getByText(/via: shop\s+via: gateway/)).toBeInTheDocument();
  });

  it('tries the other kinds if a text is not what it looks like, and says if nothing is found', async () => {
    await enter();
    await go('#/search?by=any&q=alice');
    await screen.findByText(/1 notification/);
    expect(service.requests.flatMap(({ path }) => /by=(\w+)/.exec(path)?.[1] ?? [])).toEqual([
      'user',
      'order',
    ]);
    await go('#/search?by=user&q=bob');
    await screen.findByText(/Nothing found. The machine room knows what has happened since/);
  });

  it('shows what a repeat would do before it does it', async () => {
    await enter();
    await go(`#/n/${ID}`);
    await userEvent.click(await screen.findByText('Push again: try it first'));
    await screen.findByText(/This would send 1. Nothing has changed yet/);
    await userEvent.click(screen.getByText('Do it now'));
    await screen.findByText(/Done: 1 record is on the topic again/);
    const sent = service.requests.filter(({ path }) => path === '/api/repeat');
    const span = {
      user_id: 'alice',
      since: '2026-11-30T09:41:07.120Z',
      until: '2026-11-30T09:41:07.121Z',
    };
    expect(sent.map(({ body }) => body)).toEqual([
      { ...span, apply: false },
      { ...span, apply: true },
    ]);
  });

  it('says why somebody who may only read cannot repeat', async () => {
    service.session = { ...service.session, may_repeat: false };
    await enter();
    await go(`#/n/${ID}`);
    await userEvent.click(await screen.findByText('Push again: try it first'));
    await screen.findByText(/also needs the scope notifications:repeat/);
    expect(screen.queryByText('Do it now')).toBeNull();
  });

  it('explains a mark that has the keyboard focus, until Escape', async () => {
    await enter();
    const mark = screen.getByRole('button', { name: 'Parked' });
    expect(mark).toHaveAccessibleDescription(/stays in their inbox/);
    fireEvent.keyDown(mark, { key: 'Escape' });
    expect(mark.closest('li')).toHaveAttribute('data-closed', 'true');
  });

  it('passes the checks of axe', async () => {
    const { container } = await enter();
    const violations = async () => (await axe.run(container)).violations.map(({ id }) => id);
    expect(await violations()).toEqual([]);
    await go(`#/n/${ID}`);
    await screen.findByTestId('timeline');
    expect(await violations()).toEqual([]);
  });
});
