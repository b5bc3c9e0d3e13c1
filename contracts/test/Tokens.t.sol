// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {WPEAQ} from "../src/WPEAQ.sol";
import {TestUSDC} from "../src/devnet/TestUSDC.sol";
import {TestUSDT} from "../src/devnet/TestUSDT.sol";
import {Test} from "./Base.sol";

/// @notice Guarantees: WPEAQ is backed one to one, test USDC pays by signature once, test USDT behaves like Tether.
contract TokensTest is Test {
    address private constant ADMIN = address(0xAD);
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    uint256 private constant KEY = 0xA11CE;
    uint256 private constant NOW = 1_790_000_000;

    WPEAQ private wpeaq;
    TestUSDC private usdc;
    TestUSDT private usdt;

    function setUp() external {
        vm.warp(NOW);
        wpeaq = new WPEAQ();
        usdc = new TestUSDC(ADMIN);
        usdt = new TestUSDT(ADMIN);
        vm.deal(ALICE, 10 ether);
    }

    function test_wpeaq_wraps_and_unwraps() external {
        vm.startPrank(ALICE);
        vm.expectEmit(address(wpeaq));
        emit WPEAQ.Deposit(ALICE, 3 ether);
        wpeaq.deposit{value: 3 ether}();
        (bool ok,) = address(wpeaq).call{value: 1 ether}("");
        vm.assertEq(ok, true);
        vm.assertEq(wpeaq.balanceOf(ALICE), 4 ether);
        vm.assertEq(wpeaq.totalSupply(), address(wpeaq).balance);
        vm.expectEmit(address(wpeaq));
        emit WPEAQ.Withdrawal(ALICE, 4 ether);
        wpeaq.withdraw(4 ether);
        vm.assertEq(ALICE.balance, 10 ether);
        vm.expectRevert(abi.encodeWithSignature("ERC20InsufficientBalance(address,uint256,uint256)", ALICE, 0, 1));
        wpeaq.withdraw(1);
        vm.assertEq(wpeaq.name(), "Wrapped PEAQ");
        vm.assertEq(uint256(wpeaq.decimals()), 18);
    }

    function test_usdc_pays_by_authorisation_once() external {
        address payer = vm.addr(KEY);
        vm.prank(ADMIN);
        usdc.mint(payer, 5e6);
        bytes32 nonce = keccak256("order 1");
        bytes32 typeHash = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(KEY, _digest(keccak256(abi.encode(typeHash, payer, BOB, 2e6, 0, NOW + 60, nonce))));
        vm.prank(ALICE);
        usdc.transferWithAuthorization(payer, BOB, 2e6, 0, NOW + 60, nonce, v, r, s);
        vm.assertEq(usdc.balanceOf(BOB), 2e6);
        vm.assertEq(usdc.authorizationState(payer, nonce), true);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, nonce));
        usdc.transferWithAuthorization(payer, BOB, 2e6, 0, NOW + 60, nonce, v, r, s);
        vm.assertEq(usdc.version(), "1");
        vm.assertEq(uint256(usdc.decimals()), 6);
    }

    function test_usdc_permit() external {
        address owner = vm.addr(KEY);
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(KEY, _digest(keccak256(abi.encode(typeHash, owner, BOB, 7e6, 0, NOW))));
        usdc.permit(owner, BOB, 7e6, NOW, v, r, s);
        vm.assertEq(usdc.allowance(owner, BOB), 7e6);
    }

    function test_only_the_owner_mints() external {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(refusal);
        usdc.mint(ALICE, 1);
        vm.expectRevert(refusal);
        usdt.mint(ALICE, 1);
        vm.stopPrank();
        vm.prank(ADMIN);
        vm.expectRevert(TestUSDT.ZeroAddress.selector);
        usdt.mint(address(0), 1);
    }

    function test_usdt_returns_nothing() external {
        vm.expectEmit(address(usdt));
        emit TestUSDT.Transfer(address(0), ALICE, 10e6);
        vm.prank(ADMIN);
        usdt.mint(ALICE, 10e6);
        vm.startPrank(ALICE);
        vm.expectEmit(address(usdt));
        emit TestUSDT.Transfer(ALICE, BOB, 3e6);
        (bool ok, bytes memory answer) = address(usdt).call(abi.encodeCall(TestUSDT.transfer, (BOB, 3e6)));
        vm.assertEq(ok, true);
        vm.assertEq(answer.length, 0);
        vm.assertEq(usdt.balanceOf(BOB), 3e6);
        vm.assertEq(usdt.totalSupply(), 10e6);
        vm.expectRevert(TestUSDT.ZeroAddress.selector);
        usdt.transfer(address(0), 1);
        vm.expectRevert(TestUSDT.InsufficientFunds.selector);
        usdt.transfer(BOB, 8e6);
    }

    function test_usdt_allowances_change_through_zero() external {
        vm.prank(ADMIN);
        usdt.mint(ALICE, 10e6);
        vm.startPrank(ALICE);
        vm.expectEmit(address(usdt));
        emit TestUSDT.Approval(ALICE, BOB, 5e6);
        usdt.approve(BOB, 5e6);
        vm.expectRevert(TestUSDT.AllowanceNotZero.selector);
        usdt.approve(BOB, 6e6);
        vm.stopPrank();
        vm.startPrank(BOB);
        usdt.transferFrom(ALICE, BOB, 2e6);
        vm.assertEq(usdt.allowance(ALICE, BOB), 3e6);
        vm.expectRevert(TestUSDT.InsufficientAllowance.selector);
        usdt.transferFrom(ALICE, BOB, 4e6);
        vm.stopPrank();
        vm.startPrank(ALICE);
        usdt.approve(BOB, 0);
        usdt.approve(BOB, type(uint256).max);
        vm.stopPrank();
        vm.prank(BOB);
        usdt.transferFrom(ALICE, BOB, 8e6);
        vm.assertEq(usdt.allowance(ALICE, BOB), type(uint256).max);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), structHash));
    }
}
