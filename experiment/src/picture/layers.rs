//! Which column a node is in: its depth in the calls, cycles of calls cut open.

/// Pairs of nodes.
pub(super) type Pair = (usize, usize);

/// Which links point against the reading direction: those that lead back to a node that is still being followed,
/// when calls are followed depth first, from the nodes that nobody calls. Without them there is no cycle.
pub(super) fn backward(nodes: usize, links: &[Pair]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let outgoing = outgoing(nodes, links);
    let mut called = vec![false; nodes];
    for &(_, to) in links {
        called[to] = true;
    }
    let mut backward = vec![false; links.len()];
    let mut state = vec![State::New; nodes];
    let uncalled = (0..nodes).filter(|&node| !called[node]);
    for start in uncalled.chain(0..nodes) {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        // Not recursive: chains may be longer than the stack is deep.
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(&link) = outgoing[*node].get(*next) else {
                state[*node] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let to = links[link].1;
            match state[to] {
                State::New => {
                    state[to] = State::Open;
                    path.push((to, 0));
                }
                State::Open => backward[link] = true,
                State::Done => {}
            }
        }
    }
    backward
}

/// The column of each node: one more than the last of its callers; 0 without callers. `links` must be without cycles.
pub(super) fn columns(nodes: usize, links: &[Pair]) -> Vec<usize> {
    let outgoing = outgoing(nodes, links);
    let mut callers = vec![0_usize; nodes];
    for &(_, to) in links {
        callers[to] += 1;
    }
    let mut columns = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|&node| callers[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &link in &outgoing[node] {
            let to = links[link].1;
            columns[to] = columns[to].max(columns[node] + 1);
            callers[to] -= 1;
            if callers[to] == 0 {
                ready.push(to);
            }
        }
    }
    columns
}

/// The connected parts, each with its nodes in ascending order, by first node.
pub(super) fn components(nodes: usize, links: &[Pair]) -> Vec<Vec<usize>> {
    let mut neighbors = vec![Vec::new(); nodes];
    for &(from, to) in links {
        neighbors[from].push(to);
        neighbors[to].push(from);
    }
    let mut seen = vec![false; nodes];
    let mut found = Vec::new();
    for start in 0..nodes {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut component = vec![start];
        let mut next = 0;
        while let Some(&node) = component.get(next) {
            next += 1;
            for &neighbor in &neighbors[node] {
                if !std::mem::replace(&mut seen[neighbor], true) {
                    component.push(neighbor);
                }
            }
        }
        component.sort_unstable();
        found.push(component);
    }
    found
}

fn outgoing(nodes: usize, links: &[Pair]) -> Vec<Vec<usize>> {
    let mut outgoing = vec![Vec::new(); nodes];
    for (link, &(from, _)) in links.iter().enumerate() {
        outgoing[from].push(link);
    }
    outgoing
}
