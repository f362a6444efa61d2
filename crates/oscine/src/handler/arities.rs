//! How many parameters there may be.

/// Calls a macro with the names of no parameter, of one, and so on up to twelve.
macro_rules! arities {
    ($each:ident) => {
        $each!();
        $each!(A);
        $each!(A B);
        $each!(A B C);
        $each!(A B C D);
        $each!(A B C D E);
        $each!(A B C D E G);
        $each!(A B C D E G H);
        $each!(A B C D E G H I);
        $each!(A B C D E G H I J);
        $each!(A B C D E G H I J K);
        $each!(A B C D E G H I J K L);
        $each!(A B C D E G H I J K L N);
    };
}

pub(crate) use arities;
