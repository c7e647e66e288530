use kassa_proto::{
    decimal::{Quantity, Rate},
    pricing::{Discount, Line, PricedLine, Rules, TaxRounding, Totals, price},
};
use proptest::prelude::*;

use crate::inputs::{config, good_line, good_order, shop_rules};

/// A hundred percent.
const WHOLE: i128 = 1_000_000;

fn sum(totals: &Totals, of: impl Fn(&PricedLine) -> i64) -> i64 {
    totals.lines.iter().map(of).sum()
}

fn payable(line: &PricedLine) -> i64 {
    line.subtotal - line.discount_total - line.order_discount_share
}

/// Whether `tax` is within half a minor unit of the exact tax for `amount`.
fn is_nearest(rules: &Rules, rate: Rate, amount: i64, tax: i64) -> bool {
    let (rate, amount, tax) = (i128::from(rate.ten_thousandths()), i128::from(amount), i128::from(tax));
    let whole = if rules.prices_include_tax { WHOLE + rate } else { WHOLE };
    2 * (tax * whole - amount * rate).abs() <= whole
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_order_is_the_sum_of_its_lines((lines, discounts) in good_order(), rules in shop_rules()) {
        let totals = price(&rules, &lines, &discounts).expect("in order");
        prop_assert_eq!(totals.lines.len(), lines.len());
        prop_assert_eq!(totals.subtotal, sum(&totals, |line| line.subtotal));
        prop_assert_eq!(totals.total, sum(&totals, |line| line.total));
        let off: i64 = totals.order_discounts.iter().sum();
        prop_assert_eq!(off, sum(&totals, |line| line.order_discount_share));
        prop_assert_eq!(totals.discount_total, off + sum(&totals, |line| line.discount_total));
        prop_assert_eq!(totals.tax_totals.iter().map(|row| row.base).sum::<i64>(), sum(&totals, |line| line.net));
        prop_assert_eq!(totals.tax_totals.iter().map(|row| row.tax).sum::<i64>(), sum(&totals, |line| line.tax));
        prop_assert!(totals.tax_totals.is_sorted_by(|row, next| row.rate < next.rate));

        let left = totals.subtotal - totals.discount_total;
        let without_tax = sum(&totals, |line| line.net);
        prop_assert_eq!(left, if rules.prices_include_tax { totals.total } else { without_tax });
    }

    #[test]
    fn no_figure_of_a_line_is_out_of_proportion((lines, discounts) in good_order(), rules in shop_rules()) {
        let totals = price(&rules, &lines, &discounts).expect("in order");
        for (line, asked) in totals.lines.iter().zip(&lines) {
            prop_assert_eq!(line.discounts.len(), asked.discounts.len());
            prop_assert_eq!(line.discounts.iter().sum::<i64>(), line.discount_total);
            prop_assert!(line.discounts.iter().all(|off| *off >= 0));
            prop_assert!(line.order_discount_share >= 0);
            prop_assert!(payable(line) >= 0);
            prop_assert!((0..=payable(line)).contains(&line.tax));
            prop_assert!(line.net >= 0);
            prop_assert_eq!(line.total, line.net + line.tax);
            let kept = if rules.prices_include_tax { line.total } else { line.net };
            prop_assert_eq!(kept, payable(line));
        }
    }

    #[test]
    fn a_tax_is_the_nearest_to_exact((lines, discounts) in good_order(), rules in shop_rules()) {
        let totals = price(&rules, &lines, &discounts).expect("in order");
        let with_rates = || totals.lines.iter().zip(lines.iter().map(|line| line.tax_rate));
        match rules.tax_rounding {
            TaxRounding::PerLine => for (line, rate) in with_rates() {
                prop_assert!(is_nearest(&rules, rate, payable(line), line.tax));
            },
            TaxRounding::PerRate => for row in &totals.tax_totals {
                let paid = with_rates().filter(|(_, rate)| *rate == row.rate).map(|(line, _)| payable(line)).sum();
                prop_assert!(is_nearest(&rules, row.rate, paid, row.tax));
            },
        }
    }

    #[test]
    fn what_is_charged_on_top_is_found_again_inside(
        net in 0..1_000_000_000_i64,
        rate in 0..=1_000_000_i64,
        rules in shop_rules(),
    ) {
        let order = |unit_price| [Line {
            unit_price,
            quantity: Quantity::from_thousandths(1000),
            tax_rate: Rate::from_ten_thousandths(rate),
            discounts: vec![],
        }];
        let on_top = price(&Rules { prices_include_tax: false, ..rules }, &order(net), &[]).expect("in order");
        let inside = price(&Rules { prices_include_tax: true, ..rules }, &order(on_top.total), &[]).expect("in order");
        prop_assert_eq!(inside.total, on_top.total);
        prop_assert_eq!(inside.tax_totals, on_top.tax_totals);
    }

    #[test]
    fn for_a_single_line_it_is_all_the_same_where_taxes_are_rounded(line in good_line(), rules in shop_rules()) {
        let lines = [line];
        let per_line = price(&Rules { tax_rounding: TaxRounding::PerLine, ..rules }, &lines, &[]);
        let per_rate = price(&Rules { tax_rounding: TaxRounding::PerRate, ..rules }, &lines, &[]);
        prop_assert_eq!(per_line, per_rate);
    }

    #[test]
    fn a_discount_leaves_what_it_did_not_take((lines, _) in good_order(), rules in shop_rules(), cut in 0..=1000_i64) {
        let plain = price(&rules, &lines, &[]).expect("in order");
        let left = plain.subtotal - plain.discount_total;
        let off = left * cut / 1000;
        prop_assume!(off > 0);
        let reduced = price(&rules, &lines, &[Discount::Amount(off)]).expect("in order");
        prop_assert_eq!(reduced.subtotal - reduced.discount_total, left - off);
        prop_assert!(price(&rules, &lines, &[Discount::Amount(left + 1)]).is_err());
    }
}
