//! People: who they are, how they sign in, what they may, what they are told.

mod roles;

/// What the use cases of people keep in this process; shared by all copies of a [`Service`](crate::Service).
#[derive(Default)]
pub(crate) struct People {
    roles: roles::RoleCache,
}
